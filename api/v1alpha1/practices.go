package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Practices says what a delivery is held to.
type Practices struct {
	// Gate is the mildest severity of a finding that stops a delivery; none only tells what is found.
	// +kubebuilder:validation:Enum=error;warning;info;none
	Gate string `json:"gate,omitempty"`
	// OnlyNew lets pass what is found in what was delivered last, too: only what a change makes worse is stopped.
	OnlyNew bool `json:"onlyNew,omitempty"`
	// Exceptions are sentences: "allow PRACTICE at PLACE until YYYY-MM-DD because REASON", where "at PLACE" and
	// "until YYYY-MM-DD" may be left out.
	Exceptions []string `json:"exceptions,omitempty"`
}

// PracticesStatus is how what was delivered last fares.
type PracticesStatus struct {
	Judgement `json:",inline"`
	// JudgedAt is when it was found so.
	JudgedAt metav1.Time `json:"judgedAt,omitempty"`
	// ContentHash of the objects that were rendered for it; they pass the gate whatever is found in them later.
	ContentHash string `json:"contentHash,omitempty"`
	// Refused is what the gate holds back.
	Refused *Refusal `json:"refused,omitempty"`
}

// Judgement is what practices have found, as far as no exception lets it be.
type Judgement struct {
	// Score is the share of what is judged that holds, from 0 to 100.
	Score    int32 `json:"score"`
	Errors   int32 `json:"errors"`
	Warnings int32 `json:"warnings"`
	Infos    int32 `json:"infos"`
	// Findings are the errors and warnings, errors first.
	Findings []FindingStatus `json:"findings,omitempty"`
	// More errors and warnings that are not among Findings.
	More int32 `json:"more,omitempty"`
}

// Refusal is a revision that the gate holds back.
type Refusal struct {
	Revision      string `json:"revision"`
	ShortRevision string `json:"shortRevision"`
	ContentHash   string `json:"contentHash"`
	// Findings that close the gate, the severest first.
	Findings []FindingStatus `json:"findings"`
	// More of them that are not among Findings.
	More int32 `json:"more,omitempty"`
}

// FindingStatus is one place that breaks a practice.
type FindingStatus struct {
	Practice string `json:"practice"`
	Severity string `json:"severity"`
	Object   string `json:"object,omitempty"` // "Deployment shop/web"
	Where    string `json:"where,omitempty"`  // file:line
	Field    string `json:"field,omitempty"`
	Message  string `json:"message"`
	Fix      string `json:"fix,omitempty"`
}
