package report

import (
	"io"
	"io/fs"
	"net/url"
	"path"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// The parts of SARIF 2.1.0 that are used.
// Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		ColumnKind  string            `json:"columnKind"`
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string          `json:"id"`
		ShortDescription *sarifText      `json:"shortDescription,omitempty"`
		FullDescription  *sarifText      `json:"fullDescription,omitempty"`
		Help             *sarifText      `json:"help,omitempty"`
		Configuration    sarifLevel      `json:"defaultConfiguration"`
		Properties       sarifProperties `json:"properties"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifProperties struct {
		Tags     []string `json:"tags,omitempty"`
		Severity string   `json:"problem.severity,omitempty"` // what GitHub shows
		Scope    string   `json:"scope,omitempty"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Properties   sarifProperties   `json:"properties"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI  string `json:"uri"`
		Base string `json:"uriBaseId,omitempty"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
)

func writeSARIF(w io.Writer, r *check.Result, o Options) error {
	run := sarifRun{
		Tool:        sarifTool{sarifDriver{Name: "Fairlead", Version: o.Version, Rules: []sarifRule{}}},
		Invocations: []sarifInvocation{{Successful: true}},
		ColumnKind:  "unicodeCodePoints",
		Results:     []sarifResult{},
	}
	for _, s := range r.Skipped {
		run.Invocations[0].Notifications = append(run.Invocations[0].Notifications, sarifNotification{
			Level: "note", Message: sarifText{Text: plain("skipped: " + s.Reason)},
			Locations: []sarifLocation{{Physical: &sarifPhysical{Artifact: artifact(s.Path)}}},
		})
	}
	index := map[string]int{}
	for _, p := range rules(r) {
		index[p.ID] = len(run.Tool.Driver.Rules)
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(p))
	}
	source, prints := SourceOf(r), fingerprints{}
	for _, f := range r.Findings {
		run.Results = append(run.Results, sarifResult{
			RuleID: f.Practice, RuleIndex: index[f.Practice], Level: sarifLevels[f.Severity],
			Message:      sarifText{Text: plain(strings.TrimSpace(said(f) + "\n" + advice(f)))},
			Locations:    []sarifLocation{location(source, f)},
			Fingerprints: map[string]string{"fairlead/v1": prints.of(f)},
			Properties:   sarifProperties{Scope: f.Scope},
		})
	}
	return encode(w, sarifLog{
		Schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run},
	})
}

var sarifLevels = map[practice.Severity]string{practice.Error: "error", practice.Warning: "warning", practice.Info: "note"}

// rules are the practices that were run, and those that are only known by a finding (a file that can't be read).
func rules(r *check.Result) []*practice.Practice {
	known := map[string]bool{}
	var all []*practice.Practice
	for _, p := range r.Checked {
		known[p.ID] = true
		all = append(all, p)
	}
	for _, f := range r.Findings {
		if !known[f.Practice] {
			known[f.Practice] = true
			all = append(all, &practice.Practice{ID: f.Practice, Severity: f.Severity})
		}
	}
	return all
}

func sarifRuleOf(p *practice.Practice) sarifRule {
	rule := sarifRule{ID: p.ID, Configuration: sarifLevel{sarifLevels[p.Severity]}, Properties: sarifProperties{Severity: severityOfGitHub[p.Severity]}}
	if p.Title != "" {
		rule.ShortDescription = &sarifText{Text: p.Title}
		rule.FullDescription = &sarifText{Text: p.Title + ". Otherwise " + p.Leads + "."}
	}
	if p.Category != "" {
		rule.Properties.Tags = []string{strings.ReplaceAll(strings.ToLower(string(p.Category)), " ", "-")}
	}
	if text := doc(p); text != "" {
		rule.Help = &sarifText{Text: text, Markdown: text}
	}
	return rule
}

var severityOfGitHub = map[practice.Severity]string{practice.Error: "error", practice.Warning: "warning", practice.Info: "recommendation"}

// doc is the text of practice.md, or nothing.
func doc(p *practice.Practice) string {
	if p.Files == nil {
		return ""
	}
	text, _ := fs.ReadFile(p.Files, "practice.md") // a pseudo practice has none
	return strings.TrimSpace(string(text))
}

func location(source *Source, f practice.Finding) sarifLocation {
	var l sarifLocation
	if f.Origin.Path != "" {
		l.Physical = &sarifPhysical{Artifact: artifact(f.Origin.Path), Region: region(source, f)}
	}
	if object := about(f); object != "" {
		l.Logical = []sarifLogical{{Name: strings.TrimSpace(object + " " + f.Field), Kind: "object"}}
	}
	return l
}

// region is the key that a finding points at; nothing where the line counts in what a template rendered.
func region(source *Source, f practice.Finding) *sarifRegion {
	if f.Origin.Line == 0 || f.Origin.Rendered {
		return nil
	}
	r := &sarifRegion{StartLine: f.Origin.Line, StartColumn: f.Origin.Column}
	if lines := source.Around(f, 0, 0); len(lines) == 1 && lines[0].From+1 == r.StartColumn {
		r.EndColumn = lines[0].To + 1
	}
	return r
}

func artifact(file string) sarifArtifact {
	if path.IsAbs(file) {
		return sarifArtifact{URI: (&url.URL{Scheme: "file", Path: file}).String()}
	}
	return sarifArtifact{URI: (&url.URL{Path: strings.TrimPrefix(file, "./")}).String(), Base: "%SRCROOT%"}
}

// plain keeps what others wrote from becoming a link (3.11.6 of the standard).
func plain(text string) string { return strings.ReplaceAll(text, "](", `\](`) }

// lineOf is the line as tools take it that know lines only: at least 1.
func lineOf(o manifest.Origin) int {
	if o.Rendered {
		return 1
	}
	return max(1, o.Line)
}
