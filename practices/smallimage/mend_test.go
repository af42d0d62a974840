package smallimage

import (
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// What is written is what people write; where something else may miss the cache, or the text can't be told, nothing is.
func TestLayersAreMended(t *testing.T) {
	for name, test := range map[string]struct{ run, want string }{
		"in one line": {"RUN apt-get update && apt-get install -y --no-install-recommends curl",
			"RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*"},
		"over several lines": {"RUN apt-get update \\\n    && apt-get install -y --no-install-recommends \\\n        curl",
			"        curl \\\n    && rm -rf /var/lib/apt/lists/*"},
		"in a here-document":                     {"RUN <<EOF\nset -e\napt-get update\napt-get install -y --no-install-recommends curl\nEOF", "rm -rf /var/lib/apt/lists/*"},
		"in one that goes on after errors":       {"RUN <<EOF\napt-get update\napt-get install -y --no-install-recommends curl\nEOF", ""},
		"for an install in another layer":        {"RUN apt-get update\nRUN apt-get install -y --no-install-recommends curl", ""},
		"with a comment in it":                   {"RUN apt-get update \\\n    # for the health check\n    && apt-get install -y --no-install-recommends curl", ""},
		"with a separator at its end":            {"RUN apt-get update;", ""},
		"by an option":                           {"RUN pip install flask && pip3 install gunicorn", "RUN pip install --no-cache-dir flask && pip3 install --no-cache-dir gunicorn"},
		"by an option of a call that isn't read": {"RUN for p in flask; do pip -q install $p; done", ""},
		"with an index that is fetched first":    {"RUN apk update && apk add bash", "RUN apk add --no-cache bash"},
		"of the index of another layer":          {"RUN apk add bash\nRUN apk add curl", ""},
		"by the manager's own name":              {"RUN microdnf install -y tar", "RUN microdnf install -y tar && microdnf clean all"},
		"in exec form":                           {`RUN ["/bin/sh", "-c", "pip install flask"]`, `RUN ["/bin/sh", "-c", "pip install --no-cache-dir flask"]`},
	} {
		t.Run(name, func(t *testing.T) {
			file := dockerfile.Parse("Dockerfile", []byte("FROM registry.example.com/base:1.0.0\n"+test.run+"\n"))
			found := practice.Judge(&practice.Scope{Dockerfiles: []*dockerfile.File{file}}, []*practice.Practice{Practice})
			if len(found) == 0 {
				t.Fatal("nothing is found")
			}
			got := ""
			for _, e := range found[0].Edits {
				got += strings.Join(e.Text, "\n")
			}
			if got != test.want && (test.want == "" || !strings.HasSuffix(got, test.want)) {
				t.Errorf("got %q\nwant %q", got, test.want)
			}
		})
	}
}
