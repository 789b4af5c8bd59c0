// Command reference is the least a Go program can do with the daemon: dial its
// socket once, send one request, decode one JSON answer. What the client of
// ai-session takes beyond it is the client's own.
//
//	reference SOCKET METHOD PATH [BODY]
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: reference SOCKET METHOD PATH [BODY]")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], strings.Join(os.Args[4:], " ")); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

func run(socket, method, path, body string) error {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		method, path, len(body), body)
	if err != nil {
		return err
	}
	return answer(bufio.NewReader(conn))
}

// answer reads a 200 with a length, which is all the daemon sends here.
func answer(r *bufio.Reader) error {
	length := 0
	for first := true; ; first = false {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		line = strings.TrimSpace(line)
		if first && !strings.Contains(line, " 200 ") {
			return fmt.Errorf("answered %q", line)
		}
		if line == "" {
			break
		}
		if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Content-Length") {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return err
			}
		}
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return err
	}
	var v map[string]any
	return json.Unmarshal(text, &v)
}
