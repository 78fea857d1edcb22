#include "gateway/archive/index.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <sqlite3.h>
#include <unistd.h>
#include <utility>

namespace archive {

namespace {

using base::Problem;
using base::Result;

/// Of the table below. A file of another version is not converted: the index is made anew.
constexpr const char* kVersion = "1";
/// Nobody else has this file open, except a person who looks into it with a tool.
constexpr int kBusyMilliseconds = 100;

constexpr const char* kSchema =
    "CREATE TABLE recordings (id TEXT PRIMARY KEY, duration INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL, state TEXT NOT NULL, warning TEXT NOT NULL) WITHOUT ROWID;"
    "PRAGMA user_version = 1;";

class Statement {
public:
    Statement(sqlite3* database, const char* sql) {
        sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr);
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
    /// SQLITE_ROW, SQLITE_DONE, or an error, also that of preparing it.
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

/// Unprocessable means a file that is of no use.
base::Error faultOf(sqlite3* database) {
    const int code = sqlite3_errcode(database);
    const bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR;
    return {damaged ? Problem::Unprocessable : Problem::Internal,
            std::string("the index of recordings: ") + sqlite3_errmsg(database)};
}

/// The one value that a query gives; nothing when it fails.
std::optional<std::string> valueOf(sqlite3* database, const char* sql) {
    Statement query(database, sql);
    return query.step() == SQLITE_ROW ? std::optional(query.text(0)) : std::nullopt;
}

bool execute(sqlite3* database, const char* sql) {
    return sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

Result<void> prepare(sqlite3* database) {
    sqlite3_busy_timeout(database, kBusyMilliseconds);
    // NORMAL: a power loss may cost the last changes, which the files tell again.
    if (!execute(database, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")) {
        return base::fail(faultOf(database));
    }
    const auto check = valueOf(database, "PRAGMA quick_check(1)");
    const auto version = check ? valueOf(database, "PRAGMA user_version") : check;
    if (!version) {
        return base::fail(faultOf(database));
    }
    if (*check != "ok") {
        return base::fail(Problem::Unprocessable, "the index of recordings is damaged");
    }
    if (*version == "0" && !execute(database, kSchema)) {
        return base::fail(faultOf(database));
    }
    if (*version != "0" && *version != kVersion) {
        return base::fail(Problem::Unprocessable, "the index of recordings is of version " +
                                                      *version + ", not " + kVersion);
    }
    return {};
}

Result<void> setAside(const std::string& path) {
    if (std::rename(path.c_str(), (path + ".damaged").c_str()) != 0) {
        return base::fail(Problem::Internal, "renaming " + path + ": " + std::strerror(errno));
    }
    for (const char* companion : {"-wal", "-shm"}) {
        unlink((path + companion).c_str());
    }
    return {};
}

} // namespace

void Index::Close::operator()(sqlite3* database) const noexcept {
    sqlite3_close(database);
}

Result<Index> Index::load(const std::string& path) {
    sqlite3* handle = nullptr;
    const int opened =
        sqlite3_open_v2(path.c_str(), &handle,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    Index index{Database(handle)};
    if (opened != SQLITE_OK) {
        return base::fail(faultOf(handle));
    }
    if (auto prepared = prepare(handle); !prepared) {
        return base::fail(prepared.error());
    }
    Statement rows(handle, "SELECT id, duration, bytes, state, warning FROM recordings");
    int code = rows.step();
    for (; code == SQLITE_ROW; code = rows.step()) {
        auto id = Id::parse(rows.text(0));
        const auto state = stateNamed(rows.text(3));
        if (id && state) { // another row is passed over: the file tells what is true
            index.putInMemory({std::move(*id), base::Nanoseconds(rows.integer(1)), rows.integer(2),
                               *state, rows.text(4), ""});
        }
    }
    if (code != SQLITE_DONE) {
        return base::fail(faultOf(handle));
    }
    return index;
}

Result<Index> Index::open(const std::string& path) {
    auto index = load(path);
    if (!index && index.error().problem == Problem::Unprocessable) {
        base::Logger("archive").warning(index.error().message +
                                        ": it is made anew from the recordings");
        if (auto aside = setAside(path); !aside) {
            return base::fail(aside.error());
        }
        index = load(path);
    }
    if (!index) {
        return base::fail(index.error().within(path));
    }
    return index;
}

const RecordingInfo* Index::find(const Id& id) const {
    const auto found = recordings_.find(id.text());
    return found == recordings_.end() ? nullptr : &found->second;
}

std::vector<RecordingInfo> Index::newestFirst() const {
    std::vector<RecordingInfo> all;
    all.reserve(recordings_.size());
    for (const auto& [id, recording] : recordings_) {
        all.push_back(recording);
    }
    std::stable_sort(all.begin(), all.end(), [](const auto& one, const auto& other) {
        return one.id.start() > other.id.start();
    });
    return all;
}

void Index::warnUnless(bool written) const {
    if (!written) {
        log_.warning(faultOf(database_.get()).message);
    }
}

void Index::put(const RecordingInfo& recording) {
    putInMemory(recording);
    Statement put(database_.get(), "INSERT OR REPLACE INTO recordings"
                                   " (id, duration, bytes, state, warning) VALUES (?, ?, ?, ?, ?)");
    warnUnless(put.bind(recording.id.text())
                   .bind(std::int64_t{recording.duration.count()})
                   .bind(recording.bytes)
                   .bind(std::string(nameOf(recording.state)))
                   .bind(recording.warning)
                   .step() == SQLITE_DONE);
}

void Index::putInMemory(const RecordingInfo& recording) {
    recordings_.insert_or_assign(recording.id.text(), recording);
}

void Index::remove(const Id& id) {
    recordings_.erase(id.text());
    Statement remove(database_.get(), "DELETE FROM recordings WHERE id = ?");
    warnUnless(remove.bind(id.text()).step() == SQLITE_DONE);
}

void Index::together(const std::function<void()>& changes) {
    warnUnless(execute(database_.get(), "BEGIN"));
    changes();
    const bool committed = execute(database_.get(), "COMMIT");
    warnUnless(committed);
    if (!committed) {
        execute(database_.get(), "ROLLBACK");
    }
}

} // namespace archive
