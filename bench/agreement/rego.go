package main

import (
	"bytes"
	"encoding/json"
	"strings"
)

// literal reads the Rego value that a text begins with, as the JSON that it nearly is: Rego has comments, commas after
// the last item and raw strings besides. ok is false if it holds a variable or a call.
func literal(text string) (value json.RawMessage, rest string, ok bool) {
	var out bytes.Buffer
	depth := 0
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case '"':
			n := len(text[i:]) - len(afterString(text[i:]))
			out.WriteString(text[i : i+n])
			i += n
		case '`':
			n := strings.IndexByte(text[i+1:], '`')
			if n < 0 {
				return nil, text, false
			}
			quoted, _ := json.Marshal(text[i+1 : i+1+n]) // a string
			out.Write(quoted)
			i += n + 2
		case '#':
			n := strings.IndexByte(text[i:], '\n')
			if n < 0 {
				return nil, text, false
			}
			i += n
		case '{', '[':
			depth++
			out.WriteByte(c)
			i++
		case '}', ']':
			depth--
			trimmed := bytes.TrimRight(out.Bytes(), " \t\r\n")
			out.Truncate(len(bytes.TrimSuffix(trimmed, []byte(","))))
			out.WriteByte(c)
			i++
		default:
			out.WriteByte(c)
			i++
		}
		if depth == 0 && strings.TrimSpace(out.String()) != "" {
			return out.Bytes(), text[i:], json.Valid(out.Bytes())
		}
	}
	return nil, text, false
}

// afterString is what comes after the quoted string that a text begins with.
func afterString(text string) string {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return text[i+1:]
		}
	}
	return ""
}
