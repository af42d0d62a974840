package report

import (
	"io"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/internal/check/guide"
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
		Suppressions []sarifExcuse     `json:"suppressions,omitempty"`
		Properties   sarifProperties   `json:"properties"`
	}
	sarifExcuse struct {
		Kind          string         `json:"kind"`
		Justification string         `json:"justification"`
		Location      *sarifLocation `json:"location,omitempty"`
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
	for _, f := range slices.Concat(r.Findings, r.Allowed) {
		result := sarifResult{
			RuleID: f.Practice, RuleIndex: index[f.Practice], Level: sarifLevels[f.Severity],
			Message:      sarifText{Text: plain(strings.TrimSpace(said(f) + "\n" + advice(f)))},
			Locations:    []sarifLocation{location(source, f)},
			Fingerprints: map[string]string{"fairlead/v1": prints.of(f)},
			Properties:   sarifProperties{Scope: f.Scope},
		}
		if f.Allowed != nil {
			result.Suppressions = []sarifExcuse{excuse(f.Allowed)}
		}
		run.Results = append(run.Results, result)
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
	if text := guide.Raw(p); text != "" {
		rule.Help = &sarifText{Text: text, Markdown: text}
	}
	return rule
}

var severityOfGitHub = map[practice.Severity]string{practice.Error: "error", practice.Warning: "warning", practice.Info: "recommendation"}

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

// excuse is what an exception says.
func excuse(a *practice.Allowed) sarifExcuse {
	e := sarifExcuse{Kind: "inSource", Justification: a.Because()}
	if a.Origin.Path != "" {
		e.Location = &sarifLocation{Physical: &sarifPhysical{Artifact: artifact(a.Origin.Path)}}
		if a.Origin.Line > 0 && !a.Origin.Rendered {
			e.Location.Physical.Region = &sarifRegion{StartLine: a.Origin.Line}
		}
	}
	return e
}

// region is the key that a finding points at; nothing where the line counts in what a template rendered.
func region(source *Source, f practice.Finding) *sarifRegion {
	if f.Origin.Line == 0 || f.Origin.Rendered {
		return nil
	}
	return &sarifRegion{StartLine: f.Origin.Line, StartColumn: f.Origin.Column, EndColumn: source.end(f)}
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
