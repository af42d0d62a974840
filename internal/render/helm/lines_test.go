package helm

import "testing"

func FuzzNumber(f *testing.F) {
	for _, text := range []string{
		"", "a: b\n", "{{", "}}", "{{- if x -}}\n\n a: {{ b }}\r\n{{- end }}\n", "{{ define \"x\" }}\na\n{{ if y }}b\n{{ end }}{{ end }}\nc\n",
		"{{/* }} */}}\na\n", "a: {{ \"}}\" }}\n", "a: {{ `\n}}` }}\nb\n", "{{ end }}{{ end }}\na\n", "a: {{ $x := 1 -}}\n\n  b\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if mark.MatchString(text) {
			t.Skip("has numbers of its own")
		}
		if got := mark.ReplaceAllString(number(text), ""); got != text {
			t.Errorf("%q became %q", text, got)
		}
	})
}
