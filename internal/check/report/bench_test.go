package report

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/check"
)

// BenchmarkFormats shows 5,000 findings in 100 files.
func BenchmarkFormats(b *testing.B) {
	few := result()
	many := &check.Result{Scopes: few.Scopes, Checked: few.Checked, Skipped: few.Skipped}
	texts := map[string][]byte{}
	for i := range 5_000 {
		f := few.Findings[5+i%8]
		f.Origin.Path, f.Origin.Line, f.Cause = fmt.Sprintf("k8s/%d.yaml", i%100), 1+i/100*28+f.Origin.Line, ""
		f.Object.Name = fmt.Sprint("web-", i)
		texts[f.Origin.Path] = nil
		many.Findings = append(many.Findings, f)
	}
	for path := range texts {
		texts[path] = []byte(strings.Repeat(sources["k8s/base/web.yaml"], 55))
	}
	many.Sources = func(path string) []byte { return texts[path] }
	for _, name := range Formats() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := Write(io.Discard, Format(name), many, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
