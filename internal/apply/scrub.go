package apply

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/manifest"
)

// scrub removes the values of a Secret from a text of the server.
func scrub(o *manifest.Object, text string) string {
	if o == nil || !o.IsSecret() {
		return text
	}
	var secrets []string
	for _, field := range []string{"data", "stringData"} {
		secrets = append(secrets, spellings(o.Object[field])...)
	}
	// A longer one first: a shorter one may be a part of it and would leave the rest standing.
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	for _, secret := range secrets {
		text = strings.ReplaceAll(text, secret, cluster.Masked)
	}
	return text
}

// spellings are the texts under which secret values may turn up in an error: as given, decoded, quoted, and line by
// line.
func spellings(v any) []string {
	switch v := v.(type) {
	case nil:
		return nil
	case map[string]any:
		var all []string
		for _, below := range v {
			all = append(all, spellings(below)...)
		}
		return all
	case []any:
		var all []string
		for _, below := range v {
			all = append(all, spellings(below)...)
		}
		return all
	}
	text := fmt.Sprint(v)
	all := []string{text}
	if decoded, err := base64.StdEncoding.DecodeString(text); err == nil {
		all = append(all, string(decoded))
	}
	for _, s := range all {
		quoted := strconv.Quote(s)
		all = append(all, quoted[1:len(quoted)-1])
		all = append(all, strings.Split(s, "\n")...)
	}
	// Shorter ones would blank out half of the message and hide nothing.
	return slices.DeleteFunc(all, func(s string) bool { return len(s) <= 3 })
}
