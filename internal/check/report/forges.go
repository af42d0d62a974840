package report

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// writeGitHub prints workflow commands, one for each cause: GitHub shows ten annotations of a severity a step.
// Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
func writeGitHub(w io.Writer, r *check.Result, _ Options) error {
	source := SourceOf(r)
	for _, g := range Grouped(r.Findings, Changes) {
		command := map[practice.Severity]string{practice.Error: "error", practice.Warning: "warning", practice.Info: "notice"}[g.Severity]
		var properties []string
		set := func(key, value string) { properties = append(properties, key+"="+propertyEscapes.Replace(value)) }
		if g.Origin.Path != "" {
			set("file", g.Origin.Path)
		}
		if at := region(source, *g.Finding); at != nil {
			set("line", fmt.Sprint(at.StartLine))
			if at.StartColumn > 0 {
				set("col", fmt.Sprint(at.StartColumn))
			}
			if at.EndColumn > 0 {
				set("endColumn", fmt.Sprint(at.EndColumn))
			}
		}
		set("title", g.Practice)
		text := said(*g.Finding)
		if g.Origin.Rendered {
			text += fmt.Sprintf(" (rendered line %d)", g.Origin.Line)
		}
		if more := len(g.Elsewhere()); more > 0 {
			text += fmt.Sprintf(" (and %d more like it)", more)
		}
		if _, err := fmt.Fprintf(w, "::%s %s::%s\n", command, strings.Join(properties, ","), dataEscapes.Replace(strings.TrimSpace(text+"\n"+advice(*g.Finding)))); err != nil {
			return err
		}
	}
	return writeSummary(w, r, Options{})
}

var (
	dataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// codeQuality is an entry of GitLab's report.
// Source: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
type codeQuality struct {
	Description string              `json:"description"`
	Check       string              `json:"check_name"`
	Fingerprint string              `json:"fingerprint"`
	Severity    string              `json:"severity"`
	Location    codeQualityLocation `json:"location"`
}

type codeQualityLocation struct {
	Path  string           `json:"path"`
	Lines codeQualityLines `json:"lines"`
	// Positions are more exact, for those who read them.
	Positions *codeQualityPositions `json:"positions,omitempty"`
}

type codeQualityPositions struct {
	Begin codeQualityPosition `json:"begin"`
}

type codeQualityPosition struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

type codeQualityLines struct {
	Begin int `json:"begin"`
}

func writeGitLab(w io.Writer, r *check.Result, _ Options) error {
	entries, prints := []codeQuality{}, fingerprints{}
	for _, f := range r.Findings {
		text := said(f)
		if f.Origin.Rendered {
			text += fmt.Sprintf(" (rendered line %d)", f.Origin.Line)
		}
		if f.Fix != "" {
			text += "; fix: " + f.Fix
		}
		if f.Values != "" {
			text += "; values: " + f.Values
		}
		file := f.Scope // GitLab wants a path where there is none, too
		if f.Origin.Path != "" {
			file = path.Clean(f.Origin.Path)
		}
		entries = append(entries, codeQuality{
			Description: strings.Join(strings.Fields(text), " "), Check: f.Practice, Fingerprint: prints.of(f),
			Severity: map[practice.Severity]string{practice.Error: "critical", practice.Warning: "major", practice.Info: "info"}[f.Severity],
			Location: codeQualityLocation{cmp.Or(file, "-"), codeQualityLines{lineOf(f.Origin)}, positions(f.Origin)},
		})
	}
	return encode(w, entries)
}

func positions(at manifest.Origin) *codeQualityPositions {
	if at.Column == 0 || at.Rendered {
		return nil
	}
	return &codeQualityPositions{codeQualityPosition{at.Line, at.Column}}
}
