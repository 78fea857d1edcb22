#include "gateway/archive/database.h"

#include <sqlite3.h>

namespace archive {

namespace {

using base::Problem;
using base::Result;

/// Of the tables below. Another one is not converted: the index is made anew from the files.
constexpr int kVersion = 1;
/// Nobody else has this file open, but a person who looks into it with a tool.
constexpr int kBusyMilliseconds = 100;

constexpr const char* kSchema =
    "CREATE TABLE recordings (id TEXT PRIMARY KEY, duration INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL, state TEXT NOT NULL, warning TEXT NOT NULL) WITHOUT ROWID;"
    "PRAGMA user_version = 1;";

bool meansDamage(int code) {
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR;
}

} // namespace

class Database::Statement {
public:
    Statement(sqlite3* handle, const char* sql) {
        sqlite3_prepare_v2(handle, sql, -1, &statement_, nullptr);
    }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement() { sqlite3_finalize(statement_); }

    Statement& bind(const std::string& text) {
        sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()),
                          SQLITE_TRANSIENT);
        return *this;
    }
    Statement& bind(std::int64_t value) {
        sqlite3_bind_int64(statement_, ++bound_, value);
        return *this;
    }
    /// SQLITE_ROW, SQLITE_DONE, or what went wrong, also when it could not be prepared.
    int step() { return statement_ ? sqlite3_step(statement_) : SQLITE_ERROR; }

    [[nodiscard]] std::int64_t integer(int column) const {
        return sqlite3_column_int64(statement_, column);
    }
    [[nodiscard]] std::string text(int column) const {
        const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
        return bytes ? bytes : "";
    }

private:
    sqlite3_stmt* statement_ = nullptr;
    int bound_ = 0;
};

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
    sqlite3* handle = nullptr;
    const int code =
        sqlite3_open_v2(path.c_str(), &handle,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    std::unique_ptr<Database> database(new Database(handle));
    if (code != SQLITE_OK) {
        return base::fail(database->fault("opened"));
    }
    sqlite3_busy_timeout(handle, kBusyMilliseconds);
    // NORMAL: a power loss may cost the last changes, which the files tell again.
    auto ready =
        database->execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;").and_then([&] {
            return database->checkVersion();
        });
    if (!ready) {
        return base::fail(ready.error());
    }
    return database;
}

Database::~Database() {
    sqlite3_close(handle_);
}

base::Error Database::fault(const char* doing) const {
    return {meansDamage(sqlite3_errcode(handle_)) ? Problem::Unprocessable : Problem::Internal,
            std::string("the index of recordings can't be ") + doing + ": " +
                sqlite3_errmsg(handle_)};
}

Result<void> Database::execute(const char* sql) {
    if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
        return base::fail(fault("changed"));
    }
    return {};
}

Result<int> Database::version() {
    Statement check(handle_, "PRAGMA quick_check(1)");
    if (check.step() != SQLITE_ROW) {
        return base::fail(fault("checked"));
    }
    if (check.text(0) != "ok") {
        return base::fail(Problem::Unprocessable, "the index of recordings is damaged");
    }
    Statement asked(handle_, "PRAGMA user_version");
    if (asked.step() != SQLITE_ROW) {
        return base::fail(fault("read"));
    }
    return static_cast<int>(asked.integer(0));
}

Result<void> Database::checkVersion() {
    const auto found = version();
    if (!found) {
        return base::fail(found.error());
    }
    if (*found == 0) {
        return execute(kSchema);
    }
    if (*found != kVersion) {
        return base::fail(Problem::Unprocessable, "the index of recordings is of version " +
                                                      std::to_string(*found) + ", not " +
                                                      std::to_string(kVersion));
    }
    return {};
}

Result<std::vector<RecordingInfo>> Database::load() {
    Statement rows(handle_, "SELECT id, duration, bytes, state, warning FROM recordings");
    std::vector<RecordingInfo> recordings;
    int code = rows.step();
    for (; code == SQLITE_ROW; code = rows.step()) {
        auto id = Id::parse(rows.text(0));
        const auto state = stateNamed(rows.text(3));
        if (id && state) { // another row is as good as none: the file tells
            recordings.push_back({std::move(*id), base::Nanoseconds(rows.integer(1)),
                                  rows.integer(2), *state, rows.text(4), ""});
        }
    }
    if (code != SQLITE_DONE) {
        return base::fail(fault("read"));
    }
    return recordings;
}

Result<void> Database::put(const RecordingInfo& recording) {
    Statement put(handle_, "INSERT OR REPLACE INTO recordings (id, duration, bytes, state, warning)"
                           " VALUES (?, ?, ?, ?, ?)");
    const int code = put.bind(recording.id.text())
                         .bind(std::int64_t{recording.duration.count()})
                         .bind(recording.bytes)
                         .bind(std::string(nameOf(recording.state)))
                         .bind(recording.warning)
                         .step();
    if (code != SQLITE_DONE) {
        return base::fail(fault("added to"));
    }
    return {};
}

Result<void> Database::remove(const Id& id) {
    Statement remove(handle_, "DELETE FROM recordings WHERE id = ?");
    if (remove.bind(id.text()).step() != SQLITE_DONE) {
        return base::fail(fault("removed from"));
    }
    return {};
}

Result<void> Database::begin() {
    return execute("BEGIN");
}

Result<void> Database::commit() {
    auto done = execute("COMMIT");
    if (!done) {
        sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
    }
    return done;
}

} // namespace archive
