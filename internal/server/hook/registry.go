package hook

import (
	"strings"
	"time"
)

// registries have addresses of their own, since nothing in their headers says who they are: /hooks/NAME, or /hooks/NAME/SECRET of
// those that can send a secret in no other way.
var registries = []*forge{dockerHub(), harbor(), quay()}

func registryNames() string {
	var names []string
	for _, f := range registries {
		names = append(names, "/hooks/"+f.at)
	}
	return strings.Join(names, ", ")
}

// verifyWord compares the secret itself: nothing is signed.
func verifyWord(d *delivery, s secrets, _ time.Time) error {
	if !s.contain(strings.TrimPrefix(d.proof, "Bearer ")) {
		return errWrong
	}
	return nil
}

// dockerHub: https://docs.docker.com/docker-hub/webhooks/. Its callback_url is called by nobody here: it is an address in a body.
func dockerHub() *forge {
	return &forge{
		name: "Docker Hub", at: "dockerhub", limit: smallBody, events: "pushes of a tag",
		sign:   "end the webhook's address with the secret of --webhook-secret-file: /hooks/dockerhub/SECRET",
		verify: verifyWord, read: readDockerHub,
	}
}

func readDockerHub(d *delivery) (event, error) {
	var push struct {
		Data struct {
			Tag string `json:"tag"`
		} `json:"push_data"`
		Repository struct {
			Name string `json:"repo_name"` // acme/front
		} `json:"repository"`
	}
	if err := decode(d.body, &push); err != nil {
		return event{}, err
	}
	name := push.Repository.Name
	if name == "" || push.Data.Tag == "" {
		return event{}, errNoImage
	}
	if !strings.Contains(name, "/") {
		name = "library/" + name
	}
	return imageEvent([]image{{"docker.io/" + name, push.Data.Tag}}, "", d.body) // which has the time of the push
}

// quay: https://docs.quay.io/guides/notifications.html
func quay() *forge {
	return &forge{
		name: "Quay", at: "quay", limit: smallBody, events: "Push to Repository",
		sign:   "end the webhook's address with the secret of --webhook-secret-file: /hooks/quay/SECRET",
		verify: verifyWord, read: readQuay,
	}
}

// readQuay can't tell a repeated delivery from the next push of the same tag: nothing in it says when.
func readQuay(d *delivery) (event, error) {
	var push struct {
		Repository string   `json:"docker_url"` // quay.io/acme/front
		Tags       []string `json:"updated_tags"`
	}
	if err := decode(d.body, &push); err != nil {
		return event{}, err
	}
	if push.Repository == "" {
		return event{}, errNoImage
	}
	var images []image
	for _, tag := range push.Tags {
		images = append(images, image{push.Repository, tag})
	}
	return imageEvent(images, "")
}

// harbor: https://goharbor.io/docs/main/working-with-projects/project-configuration/configure-webhooks/, in its own format and
// as CloudEvents. Its Auth Header is sent as it is.
func harbor() *forge {
	return &forge{
		name: "Harbor", at: "harbor", limit: smallBody, events: "Artifact pushed", proof: []string{"Authorization"},
		sign:   "give the webhook the secret of --webhook-secret-file as Auth Header",
		verify: verifyWord, read: readHarbor,
	}
}

func readHarbor(d *delivery) (event, error) {
	type pushed struct {
		Resources []struct {
			Tag     string `json:"tag"`          // or the digest
			Address string `json:"resource_url"` // harbor.example.com/acme/front:1.1.0
		} `json:"resources"`
	}
	var push struct {
		Type  string `json:"type"`
		ID    string `json:"id"`
		Event pushed `json:"event_data"`
		Data  pushed `json:"data"`
	}
	if err := decode(d.body, &push); err != nil {
		return event{}, err
	}
	if push.Type != "PUSH_ARTIFACT" && push.Type != "harbor.artifact.pushed" {
		return event{ignored: true}, nil
	}
	var images []image
	for _, r := range append(push.Event.Resources, push.Data.Resources...) {
		images = append(images, image{withoutTag(r.Address), r.Tag})
	}
	if len(images) == 0 {
		return event{}, errNoImage
	}
	return imageEvent(images, push.ID, d.body)
}

// readPackage reads GitHub's news of a package, of which the container registry's are images. Its older name is registry_package.
// https://docs.github.com/webhooks/webhook-events-and-payloads#package
func readPackage(body []byte, id string, once []byte) (event, error) {
	type published struct {
		Type      string `json:"package_type"` // CONTAINER, npm, …
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
		Version   struct {
			Address   string `json:"package_url"` // ghcr.io/acme/front:1.1.0
			Container struct {
				Tag struct {
					Name string `json:"name"`
				} `json:"tag"`
			} `json:"container_metadata"`
		} `json:"package_version"`
	}
	var news struct {
		Package  *published `json:"package"`
		Registry *published `json:"registry_package"`
	}
	if err := decode(body, &news); err != nil {
		return event{}, err
	}
	p := news.Package
	if p == nil {
		p = news.Registry
	}
	switch {
	case p == nil:
		return event{}, errNoImage
	case !strings.EqualFold(p.Type, "container"):
		return event{ignored: true}, nil
	}
	repository := withoutTag(p.Version.Address)
	if repository == "" {
		repository = "ghcr.io/" + p.Namespace + "/" + p.Name
	}
	return imageEvent([]image{{strings.ToLower(repository), p.Version.Container.Tag.Name}}, id, once)
}
