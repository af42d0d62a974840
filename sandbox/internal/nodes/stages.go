package nodes

import (
	"embed"
	"io/fs"

	nodefast "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	nodeheartbeat "sigs.k8s.io/kwok/kustomize/stage/node/heartbeat-with-lease"
	podfast "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
	"sigs.k8s.io/kwok/pkg/apis/internalversion"
	"sigs.k8s.io/kwok/pkg/apis/v1alpha1"
	"sigs.k8s.io/yaml"
)

// troubles are stages of our own: what befalls the pods that ask for it by troubleKey, one file for each.
//
//go:embed stages/*.yaml
var troubles embed.FS

const (
	// troubleKey is a pod's annotation that names its trouble: a file in stages, or slowStart. Without it a pod is ready at once.
	troubleKey = `.metadata.annotations["sandbox.fairlead.dev/simulate"]`

	// slowStart is ready too, but only after the time in the annotation delayKey.
	slowStart    = "slow-start"
	delayKey     = `.metadata.annotations["sandbox.fairlead.dev/delay"]`
	defaultDelay = int64(10_000) // milliseconds
)

// stagesOf holds what the objects of each kind go through.
type stagesOf map[internalversion.StageResourceRef][]*internalversion.Stage

// loadStages returns KWOK's default stages, in which nodes and pods are ready at once and the pods of jobs complete, and the
// troubles.
func loadStages() (stagesOf, error) {
	sources := []string{
		nodefast.DefaultNodeInit,
		nodeheartbeat.DefaultNodeHeartbeatWithLease,
		podfast.DefaultPodComplete,
		podfast.DefaultPodDelete,
	}
	files, err := fs.Glob(troubles, "stages/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		source, err := troubles.ReadFile(file)
		if err != nil {
			return nil, err
		}
		sources = append(sources, string(source))
	}
	stages := stagesOf{}
	for _, source := range sources {
		if err := stages.add(source, nil); err != nil {
			return nil, err
		}
	}
	// KWOK picks at random among the stages that match, so each kind of ready must match other pods.
	if err := stages.add(podfast.DefaultPodReady, onlyWithoutTrouble); err != nil {
		return nil, err
	}
	return stages, stages.add(podfast.DefaultPodReady, onlySlowly)
}

// add parses a stage, in YAML, and adds it after a change, if any.
func (s stagesOf) add(source string, change func(*v1alpha1.Stage)) error {
	var stage v1alpha1.Stage
	if err := yaml.UnmarshalStrict([]byte(source), &stage); err != nil {
		return err
	}
	if change != nil {
		change(&stage)
	}
	v1alpha1.SetObjectDefaults_Stage(&stage)
	internal, err := internalversion.ConvertToInternalStage(&stage)
	if err != nil {
		return err
	}
	s[internal.Spec.ResourceRef] = append(s[internal.Spec.ResourceRef], internal)
	return nil
}

func onlyWithoutTrouble(stage *v1alpha1.Stage) {
	stage.Spec.Selector.MatchExpressions = append(stage.Spec.Selector.MatchExpressions,
		v1alpha1.MatchExpression{Key: troubleKey, Operator: v1alpha1.SelectorOpDoesNotExist})
}

func onlySlowly(stage *v1alpha1.Stage) {
	delay := defaultDelay
	stage.Name = slowStart
	stage.Spec.Delay = &v1alpha1.StageDelay{
		DurationMilliseconds: &delay,
		DurationFrom:         &v1alpha1.ExpressionFrom{ExpressionFrom: delayKey},
	}
	stage.Spec.Selector.MatchExpressions = append(stage.Spec.Selector.MatchExpressions,
		v1alpha1.MatchExpression{Key: troubleKey, Operator: v1alpha1.SelectorOpIn, Values: []string{slowStart}})
}
