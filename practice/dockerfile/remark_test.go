package dockerfile

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRemarks(t *testing.T) {
	const text = `# fairlead: for the build
FROM golang AS build
# an ordinary comment
# fairlead: for the run
RUN <<EOT
# fairlead: of the script
make
EOT

# fairlead: for the rest
FROM scratch
COPY --from=build /app /app
`
	want := []Remark{
		{Text: "for the build", Line: 1, First: 2, Last: 10},
		{Text: "for the run", Line: 4, First: 5, Last: 8},
		{Text: "for the rest", Line: 10, First: 11, Last: 13},
	}
	if diff := cmp.Diff(want, Parse("Dockerfile", []byte(text)).Remarks); diff != "" {
		t.Error(diff)
	}
}
