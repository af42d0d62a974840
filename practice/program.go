package practice

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What follows knows programs by name, as people write them in commands: what a practice says of a start depends on
// whether it starts a server or copies a file.

// tools do one thing and end. What is not among them is a program that a container is for.
var tools = func() map[string]bool {
	names := `: . [ [[ (( test true false echo printf sleep date cat cp mv rm ln mkdir rmdir mktemp install chmod chown chgrp touch ls stat readlink realpath
cd pushd popd pwd export set unset source exit return trap wait read shift local declare readonly alias type which command hash getopts break continue let
exec eval umask ulimit basename dirname grep egrep fgrep sed awk gawk cut sort uniq head tail tr wc xargs find tee diff cmp comm seq expr bc yes nl
tar gzip gunzip zip unzip bzip2 xz zcat base64 md5sum sha256sum openssl keytool curl wget nc ncat netcat telnet nslookup dig host ping getent ip iptables ip6tables nft arp ifconfig route
kubectl helm aws gcloud gsutil az rclone rsync scp sftp ssh ssh-keyscan ssh-keygen git jq yq envsubst gomplate confd crane skopeo oc s3cmd mc restic
psql mysql mariadb mysqladmin mysqldump pg_isready pg_dump pg_restore redis-cli mongo mongosh mongodump sqlite3 etcdctl consul-template nodetool cqlsh rabbitmqctl kafka-topics kafka-topics.sh zkCli.sh
env id whoami hostname uname ps kill pkill killall pgrep df du free mount umount sysctl modprobe nsenter chroot sync dd
apk apt apt-get yum dnf microdnf pip pip3 conda gem go cargo mvn gradle update-ca-certificates ldconfig useradd adduser groupadd addgroup usermod
dockerize wait4x wait-for-it wait-for-it.sh wait-for wait-for.sh logger logrotate inotifywait flock`
	out := map[string]bool{}
	for _, name := range strings.Fields(names) {
		out[name] = true
	}
	return out
}()

// IsTool says that a program, by its name without directory, does one thing and ends (or is part of the shell), other
// than what a container is for.
func IsTool(name string) bool { return name == "" || tools[name] }

// Idles says that a command only keeps its container alive: sleep infinity, tail -f /dev/null.
func Idles(name string, args []string) bool {
	const long = time.Hour
	switch name {
	case "sleep":
		return len(args) > 0 && Pause(args[0]) >= long
	case "tail":
		return len(args) > 0 && args[len(args)-1] == "/dev/null"
	case "pause":
		return true
	}
	return false
}

// Pause is how long sleep sleeps by its argument: "5", "1.5h", "infinity"; 0 if that can't be told.
func Pause(arg string) time.Duration {
	const forever = 1 << 62
	if arg == "infinity" || arg == "inf" {
		return forever
	}
	unit := time.Second
	switch {
	case strings.HasSuffix(arg, "m"):
		unit = time.Minute
	case strings.HasSuffix(arg, "h"):
		unit = time.Hour
	case strings.HasSuffix(arg, "d"):
		unit = 24 * time.Hour
	}
	n, err := strconv.ParseFloat(strings.TrimRight(arg, "smhd"), 64)
	switch {
	case err != nil || n < 0:
		return 0
	case n*float64(unit) > forever:
		return forever
	}
	return time.Duration(n * float64(unit))
}

// background are servers that leave the foreground by themselves: unless a word of stay is among their arguments, or
// only if one of leave is.
var background = map[string]struct{ stay, leave []string }{
	"nginx":        {stay: []string{"daemon off", "-s", "-t", "-T", "-v", "-V"}},
	"cron":         {stay: []string{"-f"}},
	"crond":        {stay: []string{"-f", "-n", "-x"}},
	"sshd":         {stay: []string{"-D", "-t", "-d"}},
	"rsyslogd":     {stay: []string{"-n", "-v"}},
	"syslogd":      {stay: []string{"-n"}},
	"syslog-ng":    {stay: []string{"-F", "--foreground"}},
	"httpd":        {stay: []string{"FOREGROUND", "-v", "-t"}},
	"apache2":      {stay: []string{"FOREGROUND", "-v", "-t"}},
	"vsftpd":       {stay: []string{"background=NO"}},
	"php-fpm":      {leave: []string{"-D", "--daemonize"}},
	"redis-server": {leave: []string{"--daemonize yes"}},
	"mongod":       {leave: []string{"--fork"}},
	"gunicorn":     {leave: []string{"-D", "--daemon"}},
	"uwsgi":        {leave: []string{"--daemonize"}},
	"haproxy":      {leave: []string{"-D"}},
	"memcached":    {leave: []string{"-d"}},
	"celery":       {leave: []string{"--detach", "multi start"}},
	"dnsmasq":      {stay: []string{"-k", "--keep-in-foreground", "-d", "--no-daemon"}},
	"apachectl":    {leave: []string{"start", "restart"}},
	"apache2ctl":   {leave: []string{"start", "restart"}},
	"pg_ctl":       {leave: []string{"start"}},
	"fluentd":      {leave: []string{"-d", "--daemon"}},
	"puma":         {leave: []string{"-d", "--daemon"}},
	"sidekiq":      {leave: []string{"-d", "--daemon"}},
}

// LeavesForeground says that a server goes to the background by itself: the next command of the script runs beside it.
func LeavesForeground(name string, args []string) bool {
	if strings.HasPrefix(name, "php-fpm") { // php-fpm8.2
		name = "php-fpm"
	}
	b, known := background[name]
	if !known {
		return false
	}
	has := func(words []string) bool {
		all := " " + strings.Join(args, " ") + " "
		return slices.ContainsFunc(words, func(w string) bool {
			if strings.HasPrefix(w, "-") {
				return strings.Contains(all, " "+w+" ") || strings.Contains(all, " "+w+"=")
			}
			return strings.Contains(all, w)
		})
	}
	if b.leave != nil {
		return has(b.leave)
	}
	return !has(b.stay)
}

// StartsService is the service that a command starts through an init system, "" if it starts none.
func StartsService(words []string, name string, args []string) string {
	switch name {
	case "service", "rc-service":
		if len(args) >= 2 && (args[1] == "start" || args[1] == "restart") {
			return args[0]
		}
	case "systemctl":
		for i, arg := range args {
			if (arg == "start" || arg == "restart") && i+1 < len(args) {
				return strings.TrimSuffix(args[len(args)-1], ".service")
			}
		}
	case "invoke-rc.d":
		if len(args) >= 2 && args[1] == "start" {
			return args[0]
		}
	}
	for i, word := range words {
		if strings.HasPrefix(word, "/etc/init.d/") && i+1 < len(words) && words[i+1] == "start" {
			return path.Base(word)
		}
	}
	return ""
}
