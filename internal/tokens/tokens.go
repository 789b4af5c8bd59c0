// Package tokens estimates how many tokens a language model reads in a text.
//
// Estimate is a calibrated guess for the hot path; it is always named an estimate where
// it is shown. It is linear, allocates nothing and depends on nothing. What it is off
// by is measured beside the exact count, in package exact.
package tokens

// Estimate guesses the number of tokens of s in o200k_base: it splits the text as the
// vocabulary does and adds up what pieces of their kind and length take on average.
func Estimate[T ~string | ~[]byte](s T) int {
	sum := 0
	pieces(s, func(k kind, n int) {
		sum += weigh(k, n)
	})
	return (sum + unit/2) / unit
}

// weigh is what a piece takes, in parts of a token. A piece longer than any that was
// measured goes on as the last ones did.
func weigh(k kind, n int) int {
	if n <= longest {
		return int(weights[k][n])
	}
	over := n - longest
	return int(weights[k][longest]) + over*int(weights[k][longest]-weights[k][longest/2])/(longest-longest/2)
}

// unit is one token in weights.
const unit = 64
