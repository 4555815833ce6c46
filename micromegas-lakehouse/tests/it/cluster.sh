# A throw-away PostgreSQL cluster that lives as long as whoever writes to this script: it reads the
# commands `start`, `stop` and `crash`, answers each with a line, and at the end of its input, however that
# comes about, it stops the server and removes all files. Signals meant for the tests reach this
# script too; it outlives them.
trap '' HUP INT TERM
for folder in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V); do PATH="$folder:$PATH"; done
if ! command -v initdb >/dev/null; then
    echo "missing"
    exit 1
fi
fsync=${1:-off}
directory=$(mktemp -d /tmp/micromegas-postgres.XXXXXX) || exit 1
server=

start() {
    # fsync is off for tests because these files never outlive the machine.
    postgres -D "$directory/data" -k "$directory" -c listen_addresses= -c fsync="$fsync" \
        -c max_connections=300 >"$directory/log" 2>&1 </dev/null &
    server=$!
    attempts=200
    until pg_isready -q -h "$directory"; do
        attempts=$((attempts - 1))
        if [ "$attempts" = 0 ] || ! kill -0 "$server" 2>/dev/null; then
            cat "$directory/log" >&2
            return 1
        fi
        sleep 0.05
    done
}

end() {
    if [ -n "$server" ]; then
        kill "-$1" "$server" 2>/dev/null
        wait "$server"
        server=
    fi
}

stop() {
    end INT
}

crash() {
    end QUIT
}

initdb -D "$directory/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >/dev/null && start
echo "$directory"
while read -r command; do
    "$command"
    echo done
done
stop
rm -rf "$directory"
