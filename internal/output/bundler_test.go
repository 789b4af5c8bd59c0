package output

import "testing"

// The format is that of next build in issues of its users.
func TestNextBuildNamesThePlace(t *testing.T) {
	text := `   ▲ Next.js 14.2.3

   Creating an optimized production build ...
Failed to compile.

./app/page.tsx:5:9
Type error: Type 'string' is not assignable to type 'number'.

  3 | export default function Page() {
> 5 |   const n: number = "text";
    |         ^

./app/cart.tsx
Module not found: Can't resolve 'left-pad'
`
	r := reduceText("next build", 1, text)
	if len(r.Findings) != 2 || r.Findings[0].File != "app/page.tsx" || r.Findings[0].Line != 5 || r.Findings[0].Col != 9 || r.Findings[1].File != "app/cart.tsx" {
		t.Fatalf("%+v", r.Findings)
	}
	if r.Findings[0].Message != "Type error: Type 'string' is not assignable to type 'number'." {
		t.Error(r.Findings[0].Message)
	}
	if n := len(r.Next); n != 2 || r.Next[1].Command != "npm install left-pad" {
		t.Errorf("%+v", r.Next)
	}
}
