package practice

import "testing"

func TestBlankHidesWhatIsStillToBeFilledIn(t *testing.T) {
	for text, want := range map[string]string{
		"nginx:1.27":                       "nginx:1.27",
		"${REGISTRY}/web:latest":           Unknown + "/web:latest",
		"{{ .Values.image }}:{{ .tag }}":   Unknown + ":" + Unknown,
		"$REGISTRY/web":                    Unknown + "/web",
		"${IMAGE:-${OTHER:-nginx}}":        Unknown,
		"$(IMAGE)":                         Unknown,
		"<your-registry>/web":              Unknown + "/web",
		"@@TAG@@":                          Unknown,
		"web@sha256:0123":                  "web@sha256:0123",
		"${never closed":                   "${never closed",
		"costs $ and $$":                   "costs $ and $$",
		"{{ printf \"%s\" (dict 1 2) }}x<": Unknown + "x<",
	} {
		if got := Blank(text); got != want {
			t.Errorf("Blank(%q) = %q, want %q", text, got, want)
		}
	}
}
