package dockerfile

import (
	"strings"
)

// Image is the name of an image, taken apart as the builder does.
type Image struct {
	Host   string // "docker.io" if none is written
	Path   string // "library/nginx", "acme/web"
	Tag    string // "" if none is written
	Digest string // "sha256:…"
}

// hub is the registry of names without one.
const hub = "docker.io"

// ParseImage takes a name apart. What stands before the first slash is a registry if it looks like a host; a colon
// before the last slash is a port.
func ParseImage(name string) Image {
	var image Image
	name, image.Digest, _ = strings.Cut(name, "@")
	slash := strings.LastIndexByte(name, '/')
	if colon := strings.LastIndexByte(name, ':'); colon > slash {
		name, image.Tag = name[:colon], name[colon+1:]
	}
	image.Host, image.Path = hub, name
	if host, path, ok := strings.Cut(name, "/"); ok && (strings.ContainsAny(host, ".:") || host == "localhost") {
		image.Host, image.Path = host, path
	}
	if image.Host == "index.docker.io" || image.Host == "registry-1.docker.io" {
		image.Host = hub
	}
	if image.Host == hub && !strings.Contains(image.Path, "/") {
		image.Path = "library/" + image.Path
	}
	return image
}

// Official is the name of an image that Docker itself publishes on its registry, or on a mirror of it: "nginx"; "" if
// the image is another one.
func (i Image) Official() string {
	switch i.Host {
	case hub, "mirror.gcr.io":
		if name, ok := strings.CutPrefix(i.Path, "library/"); ok {
			return name
		}
	case "public.ecr.aws":
		if name, ok := strings.CutPrefix(i.Path, "docker/library/"); ok {
			return name
		}
	}
	return ""
}

// Use is a place of a Dockerfile that takes an image from a registry.
type Use struct {
	Line int
	Name string // as written, with the variables that have a value expanded
	Base bool   // a stage starts from it; otherwise files are copied out of it
	// Stage is that which starts from it or copies out of it.
	Stage *Stage
}

// Images are the images that the file takes from registries, in the order of its lines. Stages are none, nor is scratch,
// nor a name that only the build knows.
func (f *File) Images() []Use {
	var uses []Use
	for _, s := range f.Stages {
		if s.Stage == nil && s.Base != "scratch" && !strings.HasPrefix(s.Base, "$") {
			uses = append(uses, Use{Line: s.Line, Name: s.Base, Base: true, Stage: s})
		}
		for _, in := range s.Instructions {
			for _, from := range in.sources() {
				// A name without a slash or tag may be a build context that the builder is given.
				if f.From(&Instruction{Flags: map[string]string{"from": from}}) == nil && strings.ContainsAny(from, "/:@") && !strings.HasPrefix(from, "$") {
					uses = append(uses, Use{Line: in.Line, Name: from, Stage: s})
				}
			}
		}
	}
	return uses
}

// sources are what an instruction names to copy or mount from.
func (in *Instruction) sources() []string {
	var from []string
	if in.Keyword == "COPY" && in.Flags["from"] != "" {
		from = append(from, in.Flags["from"])
	}
	if in.Keyword == "RUN" {
		for _, option := range strings.FieldsFunc(in.Flags["mount"], func(r rune) bool { return r == ',' || r == '\n' }) {
			if name, ok := strings.CutPrefix(option, "from="); ok {
				from = append(from, name)
			}
		}
	}
	return from
}
