// Package dropprivileges is the practice that pods hold the Pod Security Standards.
package dropprivileges

import (
	"cmp"
	"embed"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is drop-privileges.
var Practice = newPractice(api.LatestVersion())

const (
	level      = "level" // a parameter
	restricted = string(api.LevelRestricted)
)

func newPractice(version api.Version) *practice.Practice {
	rules := rulesAt(version)
	return &practice.Practice{
		ID:       "drop-privileges",
		Title:    "Pods hold the Pod Security Standards, baseline and restricted",
		Category: practice.Internals,
		Severity: practice.Warning,
		Inputs:   practice.Manifests | practice.Cluster,
		Leads:    "a process that is taken over has more ways out of its container than the program ever needed",
		Fix:      "set seccompProfile RuntimeDefault for the pod, allowPrivilegeEscalation: false and capabilities.drop: [ALL] for each container",
		Mends:    practice.Writes,
		Parameters: []practice.Parameter{{
			Name: level, Default: restricted, Values: []string{restricted, string(api.LevelBaseline)}, About: "the level of the standards that pods have to hold",
		}},
		Files: files,
		Run:   func(p *practice.Pass) { run(p, rules) },
	}
}

// rule is one check of the standard, by its own evaluator, and where what it forbids is written.
type rule struct {
	id       policy.CheckID
	severity practice.Severity
	forbids  policy.CheckPodFn
	fields
}

// rulesAt are the checks of the standard for a version of Kubernetes, baseline first. Who the process runs as is
// run-as-non-root's to judge.
func rulesAt(version api.Version) []rule {
	var rules []rule
	for _, check := range policy.DefaultChecks() {
		if check.ID == "runAsNonRoot" || check.ID == "runAsUser" {
			continue
		}
		r := rule{id: check.ID, severity: practice.Warning, fields: fieldsOf[check.ID]}
		if check.Level == api.LevelBaseline {
			r.severity = practice.Error
		}
		for _, revision := range check.Versions {
			if !version.Older(revision.MinimumVersion) {
				r.forbids = revision.CheckPod
			}
		}
		if r.forbids != nil {
			rules = append(rules, r)
		}
	}
	slices.SortFunc(rules, func(a, b rule) int {
		return cmp.Or(-cmp.Compare(a.severity, b.severity), strings.Compare(string(a.id), string(b.id)))
	})
	return rules
}

func run(p *practice.Pass, rules []rule) {
	for pod := range p.Pods() {
		j := judgement{pass: p, pod: pod, spec: asServed(pod), level: p.Enforced(pod.Object.GetNamespace()), said: map[string]bool{}}
		isBaseline := practice.Value[string](p, level, pod.Object.At()) != restricted
		for _, r := range rules {
			if isBaseline && r.severity < practice.Error { // baseline comes first
				break
			}
			if !r.forbids(&pod.Meta, j.spec).Allowed {
				j.explain(r)
			}
		}
		j.reportMissing()
	}
}

// asServed is the pod's spec as the API server completes it, without the containers that are mended elsewhere.
func asServed(pod *practice.Pod) *corev1.PodSpec {
	spec := *pod.Spec
	spec.Volumes = slices.Clone(spec.Volumes)
	for i := range spec.Volumes {
		if spec.Volumes[i].VolumeSource == (corev1.VolumeSource{}) {
			spec.Volumes[i].EmptyDir = &corev1.EmptyDirVolumeSource{}
		}
	}
	if pod.IsWindows() {
		spec.OS = &corev1.PodOS{Name: corev1.Windows}
	}
	if pod.Object.IsControlled() {
		spec.SecurityContext, spec.InitContainers, spec.Containers, spec.Volumes = neutral, nil, nil, nil
		spec.HostNetwork, spec.HostPID, spec.HostIPC = false, false, false
	}
	return &spec
}

// neutral is what a container is judged in alone if its pod's own settings are forbidden already.
var neutral = &corev1.PodSecurityContext{SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}}

// judgement of one pod.
type judgement struct {
	pass  *practice.Pass
	pod   *practice.Pod
	spec  *corev1.PodSpec
	level string          // what the namespace enforces
	said  map[string]bool // fields that have a finding: a stricter rule would name them once more

	missing []practice.Note // settings that aren't there, all mended by one block of YAML
	block   []string        // what to set in it
}

// explain finds the parts of the pod that a rule forbids, by asking its evaluator about each part alone.
func (j *judgement) explain(r rule) {
	places := 0
	alone := *j.spec
	alone.InitContainers, alone.Containers, alone.EphemeralContainers = nil, nil, nil
	if !r.forbids(&j.pod.Meta, &alone).Allowed {
		for _, s := range r.ofPod(j.pod) {
			places++
			at := j.pod.At(s.path...)
			if s.path[0] == annotations {
				at = j.pod.Object.At(slices.Concat(j.pod.Path[:len(j.pod.Path)-1], []string{"metadata"}, s.path)...)
			}
			j.report(r, "", s, at)
		}
		alone = corev1.PodSpec{SecurityContext: neutral, OS: alone.OS, HostUsers: alone.HostUsers}
	}
	var forbidden []*practice.Container
	all := 0
	for c := range j.pod.OwnContainers() {
		all++
		alone.Containers = []corev1.Container{*c.Container}
		if isMoot(r, c) {
			all, places = all-1, places+1
			continue
		}
		if !r.forbids(&metav1.ObjectMeta{}, &alone).Allowed {
			forbidden = append(forbidden, c)
		}
	}
	if s, ok := r.ofAll(forbidden); ok && len(forbidden) == all {
		j.report(r, "", s, j.pod.At(s.path...))
		return
	}
	for _, c := range forbidden {
		for _, s := range r.ofContainer(c) {
			places++
			s.message = fmt.Sprintf("%s %s", c.Title(), s.message)
			j.report(r, c.Name, s, c.At(s.path...))
		}
	}
	if places == 0 { // a check that fieldsOf doesn't know, or an annotation of old
		told := r.forbids(&j.pod.Meta, j.spec)
		j.report(r, "", spot{message: told.ForbiddenReason + ": " + told.ForbiddenDetail, path: []string{string(r.id)}}, j.pod.At())
	}
}

// isMoot says that a privileged container has all of it anyway: the API server even refuses it with what a rule of the
// restricted level asks for.
func isMoot(r rule, c *practice.Container) bool {
	s := security(c)
	return r.severity == practice.Warning && s.Privileged != nil && *s.Privileged
}

func (j *judgement) report(r rule, owner string, s spot, at practice.Place) {
	field := owner + "/" + strings.Join(s.path, ".")
	if j.said[field] {
		return
	}
	j.said[field] = true
	n := practice.Note{At: at, Message: s.message, Leads: s.leads, Fix: s.fix, Severity: r.severity}
	if j.pod.TakesAll() {
		n.Edits = s.edits
	}
	n.Cause = j.pod.Cause(cmp.Or(s.cause, string(r.id)))
	switch {
	case j.level == string(api.LevelPrivileged): // somebody has decided that these pods may
		n.Severity--
	case j.level == string(api.LevelRestricted), j.level == string(api.LevelBaseline) && r.severity == practice.Error:
		n.Leads = fmt.Sprintf("the namespace %q enforces the %s level and refuses these pods", j.pod.Object.GetNamespace(), j.level)
	}
	if s.missing == "" {
		j.pass.Report(n)
		return
	}
	if j.missing = append(j.missing, n); !slices.Contains(j.block, s.missing) {
		j.block = append(j.block, s.missing)
	}
}

// reportMissing reports what isn't set, as one cause with one fix: it is one block to write.
func (j *judgement) reportMissing() {
	for _, n := range j.missing {
		n.Cause, n.Fix = j.pod.Cause("restricted"), "in securityContext, set "+strings.Join(j.block, ", ")
		j.pass.Report(n)
	}
}
