package ingit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// stray is an object that was made by hand and comes from no config repository.
type stray struct {
	object *practice.Object
	who    string    // made it
	at     time.Time // zero if it isn't known
	how    string    // "made by", "installed with"
	manner manner
	cause  string
}

// manner in which an object came to be without git, as far as it changes what is said of it.
type manner struct {
	severity   practice.Severity
	lacks      string // what says that it isn't in git
	leads, fix string
}

const unwritten = " and in no config repository"

var (
	usual  = manner{severity: practice.Warning, lacks: unwritten}
	byHelm = manner{
		severity: practice.Info, lacks: unwritten,
		leads: "which chart, which version and which values it was is in the release's own record and in somebody's shell history",
		fix:   "write chart, version and values to the config repository and let what delivers from there install it: helm get values RELEASE shows them",
	}
	bySync = manner{
		severity: practice.Info, lacks: ", and nothing says where they are kept",
		leads: "the files may be in git or on somebody's disk: nothing here says, and nothing keeps the cluster at what they say",
		fix:   "make an Application of it, with the repository and the path that the files are in",
	}
	deliverer = manner{
		severity: practice.Info, lacks: unwritten,
		leads: "what delivers everything else is itself known to this cluster alone: who builds it anew must remember it",
		fix:   "keep it in the config repository, beside what it delivers, with the command that makes it first",
	}
	once = manner{
		severity: practice.Info, lacks: unwritten,
		leads: "it is what somebody tried or ran once, and stays until somebody takes it away",
		fix:   "delete it when it is done with; what is to run again belongs to the config repository, as a Job or CronJob",
	}
)

// says reads "made by kubectl-create on 2026-11-02".
func (s stray) says() string {
	text := s.how + " " + s.who
	if !s.at.IsZero() {
		text += " on " + s.at.UTC().Format(time.DateOnly)
	}
	return text
}

// strayOf says whether a person has made an object that nothing delivers. Whatever may be a program's isn't a stray.
func strayOf(p *practice.Pass, o *practice.Object) (s stray, ok bool) {
	if isOfOthers(p, o) {
		return s, false
	}
	s = stray{object: o, how: "made by"}
	maker, known := o.Maker()
	s.who, s.at = maker.Manager, maker.At
	_, isApplied := annotations(o)[practice.AppliedAnnotation]
	switch release := o.HelmRelease(); {
	case maker.Manager == "helm" && release != "":
		s.how, s.who, s.manner = "installed with helm by hand as", fmt.Sprintf("%q", release), byHelm
		s.cause = "helm release " + o.GetNamespace() + "/" + release
	case maker.Manager == "fairlead" && maker.Operation == "Apply":
		s.how, s.who, s.manner = "delivered from files with", "fairlead sync", bySync
		if isDeliverer(o) {
			s.manner = deliverer
			s.manner.lacks = bySync.lacks
		}
		s.cause = "fairlead sync in " + o.GetNamespace()
	case maker.IsByHand():
		s.manner = mannerOf(o)
	case isApplied && (!known || maker.Manager == "before-first-apply"):
		s.who, s.manner = "kubectl apply", mannerOf(o)
	default:
		return s, false
	}
	return s, true
}

func mannerOf(o *practice.Object) manner {
	id := o.ID()
	switch {
	case isDeliverer(o):
		return deliverer
	case id.Group == "" && id.Kind == "Pod", id.Group == "batch" && id.Kind == "Job":
		return once
	}
	return usual
}

// delivering are the groups whose objects say what is delivered.
var delivering = map[string]bool{
	"fairlead.dev": true, "kustomize.toolkit.fluxcd.io": true, "helm.toolkit.fluxcd.io": true, "source.toolkit.fluxcd.io": true,
	"fleet.cattle.io": true, "helm.cattle.io": true, "kappctrl.k14s.io": true,
}

// isDeliverer says that an object is one of those, or defines their kind.
func isDeliverer(o *practice.Object) bool {
	id := o.ID()
	defined := manifest.ID{Group: o.Text("spec", "group"), Kind: o.Text("spec", "names", "kind")}
	return delivers(id) || id.Kind == "CustomResourceDefinition" && delivers(defined)
}

func delivers(id manifest.ID) bool {
	return delivering[id.Group] || id.Group == "argoproj.io" && (strings.HasPrefix(id.Kind, "Application") || id.Kind == "AppProject")
}

// records are kinds whose objects are one run of something, or an answer to a question: nobody keeps them.
var records = map[string]bool{
	"PipelineRun.tekton.dev": true, "TaskRun.tekton.dev": true, "Workflow.argoproj.io": true, "Backup.velero.io": true, "Restore.velero.io": true,
	"DownloadRequest.velero.io": true, "CertificateSigningRequest.certificates.k8s.io": true, "Release.fairlead.dev": true,
	"VolumeSnapshot.snapshot.storage.k8s.io": true, "PolicyReport.wgpolicyk8s.io": true,
}

// own are the labels of what an installer or a controller keeps, whoever's name it writes under.
var own = []string{
	"addonmanager.kubernetes.io/mode", "kubernetes.io/bootstrapping", "kubernetes.io/cluster-service", "sealedsecrets.bitnami.com/sealed-secrets-key",
	"argocd.argoproj.io/secret-type", "olm.managed", "operators.coreos.com/created-by",
}

// isOfOthers says that an object isn't for people to write down: another object's, the cluster's own, a record, or going.
func isOfOthers(p *practice.Pass, o *practice.Object) bool {
	if owners, _ := o.Get("metadata", "ownerReferences").([]any); len(owners) > 0 || o.Get("metadata", "deletionTimestamp") != nil {
		return true
	}
	id := o.ID()
	if p.Complete && strings.HasPrefix(id.Namespace, "kube-") || records[id.Kind+"."+id.Group] || id.Kind == "ServiceAccount" && id.Name == "default" {
		return true
	}
	if o.IsSecret() && (o.Text("type") == "helm.sh/release.v1" || o.Text("type") == "kubernetes.io/service-account-token") {
		return true
	}
	labels, _ := o.Get("metadata", "labels").(map[string]any)
	return slices.ContainsFunc(own, func(key string) bool { return labels[key] != nil }) || isInstalled(p, o)
}

// isInstalled says that Helm was told by an object to install it, as k3s has it.
func isInstalled(p *practice.Pass, o *practice.Object) bool {
	release := o.HelmRelease()
	if release == "" {
		return false
	}
	for chart := range p.Of("helm.cattle.io", "HelmChart") {
		if chart.ID().Name == release {
			return true
		}
	}
	return false
}

func annotations(o *practice.Object) map[string]any {
	all, _ := o.Get("metadata", "annotations").(map[string]any)
	return all
}

// withoutLogins takes out Secrets that deliveries and stores of secrets log in with: what opens the repository can't be in it.
func withoutLogins(p *practice.Pass, strays []stray) []stray {
	if !slices.ContainsFunc(strays, func(s stray) bool { return s.object.IsSecret() }) {
		return strays
	}
	isLogin := map[manifest.ID]bool{}
	for o := range p.All() {
		if id := o.ID(); delivers(id) || id.Group == "external-secrets.io" && strings.HasSuffix(id.Kind, "SecretStore") {
			noteLogins(o.Object.Object, id.Namespace, isLogin)
		}
	}
	return slices.DeleteFunc(strays, func(s stray) bool { return isLogin[s.object.ID()] })
}

// noteLogins notes the Secrets that fields such as secretRef and tokenSecretRef name.
func noteLogins(node any, namespace string, logins map[manifest.ID]bool) {
	switch n := node.(type) {
	case []any:
		for _, item := range n {
			noteLogins(item, namespace, logins)
		}
	case map[string]any:
		for key, value := range n {
			fields, _ := value.(map[string]any)
			if name, _ := fields["name"].(string); strings.HasSuffix(strings.ToLower(key), "secretref") && name != "" {
				in, _ := fields["namespace"].(string)
				logins[manifest.ID{Kind: "Secret", Namespace: cmp.Or(in, namespace), Name: name}] = true
			}
			noteLogins(value, namespace, logins)
		}
	}
}

// together is how far apart the objects of one command, or of one person's half hour, may be made.
const together = 10 * time.Minute

// nameCauses gives those that were made in one go with one program in one namespace the same cause.
func nameCauses(strays []stray) {
	order := make([]*stray, len(strays))
	for i := range strays {
		order[i] = &strays[i]
	}
	likeness := func(s *stray) string {
		program, _, _ := strings.Cut(s.who, "-") // kubectl-create, kubectl-expose
		return fmt.Sprintf("%s: %s with %s", s.home(), s.manner.severity, program)
	}
	slices.SortStableFunc(order, func(a, b *stray) int { return cmp.Or(cmp.Compare(likeness(a), likeness(b)), a.at.Compare(b.at)) })
	for i, s := range order {
		if s.cause != "" {
			continue
		}
		s.cause = likeness(s) + " at " + s.at.UTC().Format(time.DateTime)
		if i == 0 {
			continue
		}
		if before := order[i-1]; likeness(before) == likeness(s) && s.at.Sub(before.at) <= together {
			s.cause = before.cause
		}
	}
}

// home is the namespace that an object is in, or is.
func (s stray) home() string {
	if id := s.object.ID(); id.Kind == "Namespace" {
		return id.Name
	}
	return s.object.GetNamespace()
}
