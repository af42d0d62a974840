package hook

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// azureDevOps does not sign: it logs in. https://learn.microsoft.com/azure/devops/service-hooks/events#git.push
func azureDevOps() *forge {
	return &forge{
		name:   "Azure DevOps",
		marks:  []string{"X-Vss-Activityid"},
		proof:  []string{"Authorization"},
		sign:   "set the basic authentication password of the service hook to the secret of --webhook-secret-file",
		events: "git.push (Code pushed)",
		limit:  largeBody,
		is:     func(h http.Header) bool { return strings.HasPrefix(h.Get("Authorization"), "Basic ") },
		verify: verifyAzureDevOps,
		read:   readAzureDevOps,
	}
}

func verifyAzureDevOps(d *delivery, s secrets, _ time.Time) error {
	_, password, ok := (&http.Request{Header: d.header}).BasicAuth()
	if !ok || !s.contain(password) {
		return errWrong
	}
	return nil
}

func readAzureDevOps(d *delivery) (event, error) {
	var push struct {
		ID       string `json:"id"`
		Event    string `json:"eventType"`
		Resource struct {
			RefUpdates []struct {
				Name        string `json:"name"`
				NewObjectID string `json:"newObjectId"`
			} `json:"refUpdates"`
			Repository struct {
				RemoteURL string `json:"remoteUrl"`
				SSHURL    string `json:"sshUrl"`
				WebURL    string `json:"webUrl"`
			} `json:"repository"`
		} `json:"resource"`
	}
	if err := decode(d.body, &push); err != nil {
		return event{}, err
	}
	if push.Event != "git.push" {
		return event{ignored: true}, nil
	}
	var moved []change
	for _, u := range push.Resource.RefUpdates {
		moved = append(moved, change{u.Name, u.NewObjectID})
	}
	once := []byte(push.ID) // the same when Azure DevOps tries again
	if push.ID == "" {
		once = d.body
	}
	r := push.Resource.Repository
	return pushEvent(append([]string{r.SSHURL, r.WebURL}, azureAddresses(r.RemoteURL)...), moved, push.ID, once)
}

// azureAddresses: Azure DevOps sends one address; the service answers under an older host name too, and ssh has a
// host and a path of its own. https://learn.microsoft.com/azure/devops/repos/git/use-ssh-keys-to-authenticate
func azureAddresses(remote string) []string {
	at, err := url.Parse(remote)
	if err != nil || at.Host == "" {
		return nil
	}
	at.User = nil // the organization, as a login
	organization, path := "", strings.TrimPrefix(at.EscapedPath(), "/")
	if old, ok := strings.CutSuffix(at.Hostname(), ".visualstudio.com"); ok {
		organization, path = old, strings.TrimPrefix(path, "DefaultCollection/")
	} else if at.Hostname() == "dev.azure.com" {
		organization, path, _ = strings.Cut(path, "/")
	}
	project, repository, ok := strings.Cut("/"+path, "/_git/")
	if organization == "" || !ok {
		return []string{at.String()} // a server of one's own
	}
	project = strings.TrimPrefix(project, "/")
	if project == "" {
		project = repository // the project's first repository, in short
	}
	full := "/" + project + "/_git/" + repository
	addresses := []string{
		at.String(),
		"https://dev.azure.com/" + organization + full,
		"https://" + organization + ".visualstudio.com" + full,
		"https://" + organization + ".visualstudio.com/DefaultCollection" + full,
		"git@ssh.dev.azure.com:v3/" + organization + "/" + project + "/" + repository,
		organization + "@vs-ssh.visualstudio.com:v3/" + organization + "/" + project + "/" + repository,
	}
	if project == repository {
		short := "/_git/" + repository
		addresses = append(addresses, "https://dev.azure.com/"+organization+short, "https://"+organization+".visualstudio.com"+short)
	}
	return addresses
}
