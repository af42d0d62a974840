package component

import (
	"context"

	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"

	"github.com/fairlead-dev/fairlead/sandbox/internal/credentials"
	"github.com/fairlead-dev/fairlead/sandbox/internal/home"
)

func runScheduler(_ context.Context, dir home.Dir, _ home.State) error {
	return runCommand(scheduler.NewSchedulerCommand(), clientFlags(dir, credentials.Scheduler))
}
