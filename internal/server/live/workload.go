package live

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/fairlead-dev/fairlead/internal/cluster/health"
	"github.com/fairlead-dev/fairlead/manifest"
)

// workload is what is known of one: by its own object, its pods, and the application that has it.
type workload struct {
	id       manifest.ID
	own      *Workload // as its own object says; nil if none was seen
	round    uint64
	pods     []*pod
	app      *application
	parent   *workload // of a Job that a CronJob made
	children []*workload
	images   []string // ids of its rows in images
}

// workloadSink takes in a kind of workloadKinds.
type workloadSink struct {
	m    *model
	kind workloadKind
}

func (s *workloadSink) id(u *unstructured.Unstructured) manifest.ID {
	return manifest.ID{Group: s.kind.group, Kind: s.kind.kind, Namespace: u.GetNamespace(), Name: u.GetName()}
}

func (s *workloadSink) see(object runtime.Object, round uint64) {
	u, ok := object.(*unstructured.Unstructured)
	if !ok {
		return
	}
	row := s.row(u)
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	w := s.m.workload(s.id(u))
	w.own, w.round = row, round
	s.m.adopt(w, metav1.GetControllerOfNoCopy(u))
	s.m.touch(w)
}

func (s *workloadSink) gone(object runtime.Object) {
	u, ok := object.(*unstructured.Unstructured)
	if !ok {
		return
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if w := s.m.workloads[s.id(u)]; w != nil {
		s.m.lose(w)
	}
}

func (s *workloadSink) sweep(namespace string, round uint64) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	for id, w := range s.m.workloads {
		if id.Group == s.kind.group && id.Kind == s.kind.kind && (namespace == "" || namespace == id.Namespace) && w.own != nil && w.round != round {
			s.m.lose(w)
		}
	}
}

func (m *model) lose(w *workload) {
	w.own = nil
	m.adopt(w, nil)
	m.touch(w)
}

// adopt notes which CronJob has made a Job.
func (m *model) adopt(w *workload, owner *metav1.OwnerReference) {
	var parent *workload
	if owner != nil && owner.Kind == "CronJob" && w.id.Kind == "Job" {
		parent = m.workload(manifest.ID{Group: "batch", Kind: "CronJob", Namespace: w.id.Namespace, Name: owner.Name})
	}
	if before := w.parent; before != parent {
		if before != nil {
			before.children = slices.DeleteFunc(before.children, func(c *workload) bool { return c == w })
			m.touch(before)
		}
		if w.parent = parent; parent != nil {
			parent.children = append(parent.children, w)
		}
	}
	if parent != nil {
		m.touch(parent)
	}
}

// row is what an object itself says.
func (s *workloadSink) row(u *unstructured.Unstructured) *Workload {
	id := s.id(u)
	judged := health.Of(u)
	template := nested(u.Object, "spec", "template", "spec")
	if s.kind.kind == "CronJob" {
		template = nested(u.Object, "spec", "jobTemplate", "spec", "template", "spec")
	}
	r := newWorkload(id)
	r.Health, r.Why = string(judged.State), cut(reasonIn(judged), mostText)
	r.Images = imagesOf(template)
	r.Created = u.GetCreationTimestamp().Unix()
	r.Changed = max(r.Created, changedAt(u))
	r.Labels = labelsOf(u.GetLabels())
	r.Desired, r.Ready = replicasOf(s.kind.kind, u.Object)
	return r
}

// newWorkload is a row of which nothing is known.
func newWorkload(id manifest.ID) *Workload {
	return &Workload{
		ID: idOf(id.Group, id.Kind, id.Namespace, id.Name), Group: id.Group, Kind: id.Kind, Namespace: word(id.Namespace), Name: id.Name,
		Health: string(health.Unknown), Sync: unmanaged, Score: -1, Images: []string{}, Nodes: []string{}, Labels: []string{},
	}
}

// reasonIn is a reason, as far as there is something to explain.
func reasonIn(h health.Health) string {
	if h.State == health.Healthy {
		return ""
	}
	return h.Reason
}

// replicasOf are how many pods there should be and how many are ready; of Jobs, completions.
func replicasOf(kind string, object map[string]any) (desired, ready int) {
	count := func(otherwise int, path ...string) int {
		n, found, _ := unstructured.NestedInt64(object, path...)
		if !found {
			return otherwise
		}
		return int(n)
	}
	switch kind {
	case "DaemonSet":
		return count(0, "status", "desiredNumberScheduled"), count(0, "status", "numberReady")
	case "Job":
		return count(1, "spec", "completions"), count(0, "status", "succeeded")
	case "CronJob":
		active, _, _ := unstructured.NestedFieldNoCopy(object, "status", "active")
		list, _ := active.([]any)
		return len(list), 0
	}
	return count(1, "spec", "replicas"), count(0, "status", "readyReplicas")
}

func nested(object map[string]any, path ...string) map[string]any {
	v, _, _ := unstructured.NestedFieldNoCopy(object, path...)
	m, _ := v.(map[string]any)
	return m
}

// imagesOf a pod's specification, as declared, each once.
func imagesOf(spec map[string]any) []string {
	out := []string{}
	for _, field := range []string{"initContainers", "containers"} {
		list, _ := spec[field].([]any)
		for _, c := range list {
			container, _ := c.(map[string]any)
			if image, _ := container["image"].(string); image != "" && !slices.Contains(out, image) {
				out = append(out, word(cut(image, mostText)))
			}
		}
	}
	return out
}

const (
	mostLabels = 20
	mostLabel  = 120
)

func labelsOf(labels map[string]string) []string {
	out := make([]string, 0, min(len(labels), mostLabels))
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		if len(out) == mostLabels {
			break
		}
		out = append(out, word(cut(k+"="+labels[k], mostLabel)))
	}
	return out
}

// changedAt is when whoever has set the template of the pods last changed what they set; 0 if it isn't recorded.
func changedAt(u *unstructured.Unstructured) int64 {
	fields, _, _ := unstructured.NestedFieldNoCopy(u.Object, "metadata", "managedFields")
	entries, _ := fields.([]any)
	last := int64(0)
	for _, e := range entries {
		entry, _ := e.(map[string]any)
		spec := nested(entry, "fieldsV1", "f:spec")
		if spec["f:template"] == nil && spec["f:jobTemplate"] == nil {
			continue
		}
		text, _ := entry["time"].(string)
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			last = max(last, at.Unix())
		}
	}
	return last
}

// deriveWorkload makes the row of a workload of all that is known.
func (m *model) deriveWorkload(id manifest.ID, w *workload) {
	if w.own == nil && len(w.pods) == 0 && w.app == nil && len(w.children) == 0 {
		delete(m.workloads, id)
		m.unset(w)
		return
	}
	if w.parent != nil { // told with its CronJob, which is touched with it
		m.unset(w)
		return
	}
	row := m.rowOf(w)
	if row == nil {
		m.unset(w)
		return
	}
	w.addPods(row)
	if w.app != nil {
		w.app.judge(row)
	}
	before, _ := m.store.get("workloads", row.ID).(*Workload)
	if w.app != nil && (before == nil || !slices.Equal(before.Images, row.Images) || before.App != row.App) {
		m.touchedApps[w.app] = true
	}
	m.store.set("workloads", row)
	m.setImages(w, row)
}

// rowOf is a copy of what the object says; without one, what its pods tell of it, or that it is missing.
func (m *model) rowOf(w *workload) *Workload {
	if w.own != nil {
		row := *w.own
		return &row
	}
	pods := w.allPods()
	row := newWorkload(w.id)
	if len(pods) == 0 {
		absent, isRead := m.reads(w.id)
		switch {
		case w.app == nil || !isRead:
			return nil
		case absent != "":
			row.Why = absent
		default:
			row.Health, row.Why = string(health.Missing), "not in the cluster"
		}
		row.declared = true
		return row
	}
	worst := health.Healthy
	for _, p := range pods {
		if p.done {
			continue
		}
		row.Desired++
		if p.ready {
			row.Ready++
		}
		if state := health.State(p.state); state.Worse(worst) {
			worst = state
		}
		if p.images != nil {
			row.Images = p.images
		}
		row.Changed = max(row.Changed, p.created)
		if row.Created == 0 || p.created < row.Created {
			row.Created = p.created
		}
	}
	row.Health = string(worst)
	return row
}

func (w *workload) allPods() []*pod {
	if len(w.children) == 0 {
		return w.pods
	}
	all := slices.Clone(w.pods)
	for _, c := range w.children {
		all = append(all, c.pods...)
	}
	return all
}

// addPods adds what only pods tell: where they run, how often they were restarted, and what is wrong with the worst.
func (w *workload) addPods(row *Workload) {
	on := map[string]int{}
	var worst *pod
	for _, p := range w.allPods() {
		row.Restarts += int(p.restarts)
		if p.done {
			continue
		}
		if p.node != "" {
			on[p.node]++
		}
		if w.id.Kind == "CronJob" && p.ready {
			row.Ready++
		}
		if p.why != "" && (worst == nil || health.State(p.state).Worse(health.State(worst.state)) || p.state == worst.state && p.name < worst.name) {
			worst = p
		}
	}
	row.Nodes = make([]string, 0, len(on))
	for _, node := range slices.Sorted(maps.Keys(on)) {
		row.Nodes = append(row.Nodes, node+":"+strconv.Itoa(on[node]))
	}
	if worst != nil && row.Health != string(health.Healthy) && row.Health != string(health.Suspended) && !strings.Contains(row.Why, worst.why) {
		row.Why = cut(strings.TrimPrefix(fmt.Sprintf("%s; pod %s: %s", row.Why, worst.name, worst.why), "; "), mostText)
	}
}

// unset removes the rows of a workload.
func (m *model) unset(w *workload) {
	m.store.remove("workloads", idOf(w.id.Group, w.id.Kind, w.id.Namespace, w.id.Name))
	for _, id := range w.images {
		m.store.remove("images", id)
	}
	w.images = nil
	if w.app != nil {
		m.touchedApps[w.app] = true
	}
}

// setImages tells of what a workload of no application runs: a row for each image.
func (m *model) setImages(w *workload, row *Workload) {
	var ids []string
	if w.app == nil {
		of := &Workload{Group: row.Group, Kind: row.Kind, Namespace: row.Namespace}
		for _, ref := range row.Images {
			image, version := cutRef(ref)
			id := row.ID + " " + ref
			ids = append(ids, id)
			m.store.set("images", &Image{ID: id, Image: image, Current: version, Workloads: []string{row.ID}, of: of})
		}
	}
	for _, id := range w.images {
		if !slices.Contains(ids, id) {
			m.store.remove("images", id)
		}
	}
	w.images = ids
}

// cutRef takes a reference apart: repository, and what is behind it: a tag, a digest or both.
func cutRef(ref string) (repository, version string) {
	repository, digest, pinned := strings.Cut(ref, "@")
	if i := strings.LastIndexByte(repository, ':'); i > strings.LastIndexByte(repository, '/') {
		repository, version = repository[:i], repository[i+1:]
	}
	if pinned {
		version = cmp.Or(version, "") + "@" + digest
	}
	return repository, version
}
