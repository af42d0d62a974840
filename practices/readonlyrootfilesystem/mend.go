package readonlyrootfilesystem

import (
	"slices"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// fleeting are the official images that are known to write nowhere else than in paths and temporary files, with those of
// the paths that may be empty whenever a pod starts: where data is kept, a volume must be mounted already.
var fleeting = map[string][]string{
	"httpd":     {"/usr/local/apache2/logs"},
	"mariadb":   {"/run/mysqld"},
	"memcached": nil,
	"mongo":     {"/data/configdb"},
	"mysql":     {"/var/run/mysqld"},
	"nginx":     {"/var/cache/nginx", "/var/run"},
	"postgres":  {"/var/run/postgresql"},
	"redis":     nil,
	"valkey":    nil,
}

// mend gives the containers of a pod that run such an image as it comes their edits: those of the whole pod, since all
// of them add to its one list of volumes.
func mend(pod *practice.Pod) map[*practice.Container][]practice.Edit {
	if !pod.TakesAll() {
		return nil
	}
	var edits []practice.Edit
	of := map[*practice.Container][]practice.Edit{}
	names := map[string]bool{}
	for _, v := range pod.Spec.Volumes {
		names[v.Name] = true
	}
	volumes, _ := pod.Get("volumes").([]any)
	added := len(volumes)
	for c := range pod.Containers() {
		missing, ok := empty(c)
		if !ok {
			continue
		}
		mounts, _ := c.Get("volumeMounts").([]any)
		edits = append(edits, c.At("securityContext", "readOnlyRootFilesystem").Set(true))
		for i, at := range missing {
			name := strings.ReplaceAll(strings.Trim(at, "/"), "/", "-")
			if names[name] {
				name = c.Name + "-" + name
			}
			if names[name] {
				return nil
			}
			names[name] = true
			edits = append(edits,
				c.At("volumeMounts", strconv.Itoa(len(mounts)+i)).Set(map[string]any{"name": name, "mountPath": at}),
				pod.At("volumes", strconv.Itoa(added)).Set(map[string]any{"name": name, "emptyDir": map[string]any{}}))
			added++
		}
		of[c] = nil
	}
	for c := range of {
		of[c] = edits
	}
	return of
}

// empty are the paths at which a container needs an empty volume to do without writing to its own file system; ok is
// false if nobody can say.
func empty(c *practice.Container) (missing []string, ok bool) {
	name := dockerfile.ParseImage(c.Image).Official()
	mayBe, known := fleeting[name]
	if !known || c.Get("securityContext", "readOnlyRootFilesystem") != nil || len(c.Command)+len(c.Args) > 0 || c.Lifecycle != nil {
		return nil, false // what isn't the image's own start may write anywhere
	}
	for _, at := range append(slices.Clone(paths[name]), temporary(c)) {
		switch _, mounted := mount(c, at); {
		case mounted:
		case !slices.Contains(mayBe, at) && at != temporary(c):
			return nil, false
		default:
			missing = append(missing, at)
		}
	}
	for _, m := range c.VolumeMounts {
		// nginx fills templates in when it starts, and a volume can't be put over one that is read-only.
		if m.MountPath == "/etc/nginx/templates" || slices.Contains(missing, strings.TrimRight(m.MountPath, "/")) {
			return nil, false
		}
	}
	return missing, true
}
