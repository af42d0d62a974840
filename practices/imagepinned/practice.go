// Package imagepinned is the practice that an image is named by what never means another one.
package imagepinned

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is image-pinned.
var Practice = &practice.Practice{
	ID:       "image-pinned",
	Title:    "Images are named by a version's tag or, better, a digest",
	Category: practice.Deployments,
	Severity: practice.Error,
	Inputs:   practice.Dockerfiles | practice.Manifests | practice.Cluster,
	Leads:    "the next restart may run another program, nobody can say which one runs now, and no rollback brings the old one back",
	Fix:      "write the version's tag, or the digest with the tag before it: NAME:1.4.2@sha256:…",
	Mends:    practice.Suggests,
	Parameters: []practice.Parameter{
		{Name: requireDigest, Default: false, About: "whether the images of pods need a digest, too"},
	},
	Files: files,
	Run:   run,
}

const requireDigest = "require-digest" // a parameter

func run(p *practice.Pass) {
	for pod := range p.Pods() {
		if pod.Object.IsControlled() {
			continue
		}
		for c := range pod.Containers() {
			judge(p, image{
				of: c.Role, user: c.Name, name: c.Image, at: c.At("image"),
				policy: c.ImagePullPolicy, policyAt: c.At("imagePullPolicy"),
			})
		}
		for i, v := range pod.Spec.Volumes {
			if v.Image == nil {
				continue
			}
			judge(p, image{
				of: "volume", user: v.Name, name: v.Image.Reference, at: pod.At("volumes", strconv.Itoa(i), "image", "reference"),
				policy: v.Image.PullPolicy, policyAt: pod.At("volumes", strconv.Itoa(i), "image", "pullPolicy"),
			})
		}
	}
	for file := range p.Files() {
		judgeDockerfile(p, file)
	}
	if p.Live {
		compareLive(p)
	}
}

// image that a container or a volume uses.
type image struct {
	of           practice.Role
	user, name   string
	at, policyAt practice.Place
	policy       corev1.PullPolicy
}

// pinned says how an image is to be written.
func pinned(name string) string {
	name, _, _ = strings.Cut(name, "@")
	if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, '/') {
		name = name[:colon]
	}
	return fmt.Sprintf("write the tag of a version, %s:VERSION, or better its digest, too: %s:VERSION@sha256:…", name, name)
}

// bare is the name of an image that has nothing else and is none of Docker's own: what skaffold, Tilt and kustomize's
// images replace; "" if the image is another one.
func bare(image string) string {
	if name := dockerfile.ParseImage(image).Official(); name == image && !slices.Contains(dockerfile.Official, name) {
		return name
	}
	return ""
}

func judge(p *practice.Pass, i image) {
	if i.name == "" {
		return
	}
	found := weaknessOf(i.name)
	if found == sound && practice.Value[bool](p, requireDigest, i.at) && !strings.Contains(i.name, "@") && !practice.HasPlaceholder(i.name) {
		found = noDigest
	}
	if found == sound && i.policy != corev1.PullNever {
		return
	}
	note := practice.Note{
		At: i.at, Message: fmt.Sprintf("%s %q: image %q %s", i.of, i.user, i.name, found), Cause: "image " + i.name, Fix: pinned(i.name),
	}
	switch found {
	case sound:
		note = practice.Note{
			At: i.policyAt, Severity: practice.Warning, Message: fmt.Sprintf("%s %q: image %q is never pulled (pull policy Never)", i.of, i.user, i.name),
			Leads: "the pod starts only on nodes that somebody has put the image on by hand", Fix: "remove it: a version's tag is pulled if it is not there yet",
		}
	case noDigest:
		note.Leads = "whoever can push to the registry can put another image under the tag, and nodes that pull later run that"
	case badDigest:
		note.Leads, note.Fix = "the pod never starts: InvalidImageName", "copy the whole digest: sha256: and 64 hex digits"
	case moves:
		note.Severity = practice.Warning
		if i.policy == "" || i.policy == corev1.PullIfNotPresent || i.policy == corev1.PullNever {
			note.Message += ", and each node keeps the one that it pulled first"
		}
	case noTag, latest:
		if name := bare(i.name); found == noTag && name != "" && !p.Live {
			note.Severity, note.Cause = practice.Info, "images that a tool fills in"
			note.Message = fmt.Sprintf("%s %q: image %q has no registry and no tag: a tool has to fill them in", i.of, i.user, name)
			note.Leads = "applied as it stands the pod never starts: Docker Hub has no image of this name"
			note.Fix = fmt.Sprintf("check what the tool makes (skaffold render, kustomize build), or write REGISTRY/%s:VERSION", name)
			break
		}
		if i.policy == corev1.PullIfNotPresent || i.policy == corev1.PullNever {
			note.Message += fmt.Sprintf(", and each node keeps the one that it pulled first (pull policy %s)", i.policy)
		}
	}
	p.Report(note)
}
