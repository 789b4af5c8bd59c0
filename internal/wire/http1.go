package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// TrailerProblem is the trailer that carries the problem a stream ended with.
const TrailerProblem = "Ai-Session-Problem"

// maxHeader bounds one header line and the number of them.
const maxHeader = 8 << 10

// A response is an HTTP/1.1 response as the daemon writes it: a length or chunks.
// RFC 9112 sections 4 to 7; obsolete forms (folded lines, HTTP/1.0) are errors.
type response struct {
	status  int
	length  int64 // -1 for chunks
	trailer string
	body    io.Reader
}

var errMalformed = errors.New("malformed HTTP response")

func readResponse(r *bufio.Reader) (*response, error) {
	line, err := readLine(r)
	if err != nil {
		return nil, err
	}
	version, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(rest, " ")
	status, err := strconv.Atoi(code)
	if version != "HTTP/1.1" || err != nil || status < 100 || status > 599 {
		return nil, errMalformed
	}
	res := &response{status: status}
	if err := res.readHeaders(r); err != nil {
		return nil, err
	}
	switch {
	case res.length < 0:
		res.body = &chunked{r: r, res: res}
	default:
		res.body = io.LimitReader(r, res.length)
	}
	return res, nil
}

func (res *response) readHeaders(r *bufio.Reader) error {
	for range 100 {
		line, err := readLine(r)
		if err != nil {
			return unexpected(err)
		}
		if line == "" {
			return nil
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return errMalformed
		}
		value = strings.TrimSpace(value)
		switch strings.ToLower(name) {
		case "content-length":
			n, err := strconv.ParseInt(value, 10, 63)
			if err != nil || n < 0 {
				return errMalformed
			}
			res.length = n
		case "transfer-encoding":
			if value != "chunked" {
				return errMalformed
			}
			res.length = -1
		}
	}
	return errMalformed
}

// chunked reads a chunked body and its trailers.
type chunked struct {
	r    *bufio.Reader
	res  *response
	left int64
	done bool
}

func (c *chunked) Read(p []byte) (int, error) {
	if c.done {
		return 0, io.EOF
	}
	if c.left == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if c.left == 0 && err == nil {
		err = c.endOfChunk()
	}
	return n, unexpected(err)
}

// next reads a chunk's length; after the last chunk it reads the trailers and
// returns io.EOF.
func (c *chunked) next() error {
	line, err := readLine(c.r)
	if err != nil {
		return unexpected(err)
	}
	size, _, _ := strings.Cut(line, ";")
	c.left, err = strconv.ParseInt(strings.TrimSpace(size), 16, 63)
	if err != nil || c.left < 0 {
		return errMalformed
	}
	if c.left > 0 {
		return nil
	}
	c.done = true
	for {
		line, err := readLine(c.r)
		if err != nil {
			return unexpected(err)
		}
		if line == "" {
			return io.EOF
		}
		if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, TrailerProblem) {
			c.res.trailer = strings.TrimSpace(value)
		}
	}
}

func (c *chunked) endOfChunk() error {
	line, err := readLine(c.r)
	if err == nil && line != "" {
		err = errMalformed
	}
	return err
}

// readLine reads a line ended by CRLF, without it.
func readLine(r *bufio.Reader) (string, error) {
	var long []byte
	for {
		part, err := r.ReadSlice('\n')
		if err == nil && long == nil {
			return strings.TrimSuffix(string(part[:len(part)-1]), "\r"), nil
		}
		if err != nil && err != bufio.ErrBufferFull {
			if len(part)+len(long) > 0 {
				err = unexpected(err)
			}
			return "", err
		}
		long = append(long, part...)
		if err == nil {
			return strings.TrimSuffix(string(long[:len(long)-1]), "\r"), nil
		}
		if len(long) > maxHeader*4 {
			return "", errMalformed
		}
	}
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// appendRequest writes a request in one piece.
func appendRequest(b []byte, req Request, agent, extra string) []byte {
	b = append(b, req.Method...)
	b = append(b, ' ')
	b = append(b, req.Target...)
	b = append(b, " HTTP/1.1\r\nHost: ai-session\r\nUser-Agent: "...)
	b = append(b, agent...)
	b = append(b, "\r\n"...)
	b = append(b, extra...)
	if req.Body != nil {
		b = append(b, "Content-Type: application/json\r\nContent-Length: "...)
		b = strconv.AppendInt(b, int64(len(req.Body)), 10)
		b = append(b, "\r\n"...)
	} else if req.Method != "GET" && req.Method != "DELETE" {
		b = append(b, "Content-Length: 0\r\n"...)
	}
	b = append(b, "\r\n"...)
	return append(b, req.Body...)
}

// ParseRequest reads what a Client wrote: the request, what the client calls itself, and
// how many bytes of b they are. ok is false for a request in any other form that HTTP
// allows, and for one that is not all there.
func ParseRequest(b []byte) (req Request, agent string, n int, ok bool) {
	head, _, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	if !ok {
		return req, "", 0, false
	}
	n = len(head) + 4
	first, rest, ok := strings.Cut(string(head), " HTTP/1.1\r\nHost: ai-session\r\nUser-Agent: ")
	if !ok {
		return req, "", 0, false
	}
	agent, rest, _ = strings.Cut(rest, "\r\n")
	req.Method, req.Target, ok = strings.Cut(first, " ")
	if !ok || !strings.HasPrefix(req.Target, "/") || !printable(req.Method+req.Target+agent) {
		return req, "", 0, false
	}
	size, ok := strings.CutPrefix(rest, "Content-Type: application/json\r\nContent-Length: ")
	if !ok {
		return req, agent, n, rest == "" || rest == "Content-Length: 0"
	}
	length, err := strconv.ParseUint(size, 10, 32)
	if err != nil || strconv.FormatUint(length, 10) != size || uint64(len(b)-n) < length {
		return req, "", 0, false
	}
	req.Body = b[n : n+int(length)]
	return req, agent, n + int(length), true
}

// printable says that s is of visible ASCII characters.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != ""
}

// AppendResponse writes an answer in one piece.
func AppendResponse(b []byte, status int, kind string, body []byte) []byte {
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, " \r\nContent-Type: "...)
	b = append(b, kind...)
	b = append(b, "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	b = append(b, "\r\n\r\n"...)
	return append(b, body...)
}

// unreachable says that the daemon could not be reached or went away.
func unreachable(err error) error {
	var op *net.OpError
	if errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return api.Errorf(api.Unavailable, "the daemon closed the connection: %v", err).
			WithHint("ai-session status").WithCause(err)
	}
	return err
}
