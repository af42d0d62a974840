package apply

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// spellings are the texts under which a secret value may turn up in an error: as given, decoded, and line by line.
func spellings(v any) []string {
	text := fmt.Sprint(v)
	all := []string{text}
	if decoded, err := base64.StdEncoding.DecodeString(text); err == nil {
		all = append(all, string(decoded))
		all = append(all, strings.Split(string(decoded), "\n")...)
	}
	var out []string
	for _, s := range all {
		if len(s) > 3 { // shorter ones would blank out half of the message and hide nothing
			out = append(out, s)
		}
	}
	return out
}
