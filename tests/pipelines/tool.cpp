#include "tool.h"

#include "tests/support/run_until.h"

#include <array>
#include <catch2/catch.hpp>
#include <sstream>

Tool::Tool(std::vector<std::string> command)
    : name_(command.at(0)), cancel_(base::Object<GCancellable>::adopt(g_cancellable_new())) {
    std::vector<const char*> arguments;
    for (const std::string& word : command) {
        arguments.push_back(word.c_str());
        name_ += arguments.size() > 1 ? " " + word : "";
    }
    arguments.push_back(nullptr);
    base::ErrorOut error;
    constexpr auto flags = static_cast<GSubprocessFlags>(G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                                                         G_SUBPROCESS_FLAGS_STDERR_PIPE);
    process_ = base::Object<GSubprocess>::adopt(g_subprocess_newv(arguments.data(), flags, error));
    if (!process_) {
        FAIL(error.message());
    }
    g_subprocess_communicate_utf8_async(
        process_.get(), nullptr, cancel_.get(),
        [](GObject* source, GAsyncResult* result, gpointer self) {
            g_autofree char* output = nullptr;
            g_autofree char* errors = nullptr;
            base::ErrorOut failure;
            if (g_subprocess_communicate_utf8_finish(G_SUBPROCESS(source), result, &output, &errors,
                                                     failure)) {
                auto* tool = static_cast<Tool*>(self);
                tool->done_ = true;
                tool->output_ = output;
                tool->errors_ = errors;
            }
        },
        this);
}

Tool::~Tool() {
    if (process_ && !done_) {
        g_cancellable_cancel(cancel_.get());
        g_subprocess_force_exit(process_.get());
        g_subprocess_wait(process_.get(), nullptr, nullptr);
        support::runUntil(
            [] { return g_main_context_pending(nullptr) == FALSE; }); // the cancelled callback
    }
}

std::string Tool::finish(std::chrono::milliseconds deadline) {
    const bool ended = support::runUntil([this] { return done_; }, deadline);
    INFO(name_ << "\n" << errors_);
    REQUIRE(ended);
    REQUIRE(g_subprocess_get_successful(process_.get()));
    return output_;
}

std::vector<std::string> probe(const std::vector<std::string>& arguments) {
    std::vector<std::string> command{"ffprobe", "-v", "error", "-of", "csv=p=0"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    std::istringstream text(Tool(command).finish());
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) {
        if (!line.empty()) {
            lines.push_back(line);
        }
    }
    return lines;
}

Packets packetsOf(const std::string& file) {
    Packets found;
    for (const std::string& line :
         probe({"-show_entries", "packet=codec_type,pts_time,size,flags", file})) {
        Packet packet;
        std::array<char, 16> type{};
        std::array<char, 16> flags{};
        INFO(line);
        REQUIRE(std::sscanf(line.c_str(), "%15[^,],%lf,%lld,%15[^,]", type.data(), &packet.time,
                            &packet.size, flags.data()) == 4);
        packet.keyFrame = flags[0] == 'K';
        (type[0] == 'v' ? found.video : found.audio).push_back(packet);
    }
    return found;
}

void checkDecodes(const std::string& file) {
    Tool tool({"ffmpeg", "-nostdin", "-v", "error", "-i", file, "-fps_mode", "passthrough",
               "-enc_time_base", "-1", "-f", "null", "-"});
    tool.finish(std::chrono::seconds(30));
    CHECK(tool.errors() == "");
}

double loudness(const std::string& file) {
    Tool tool({"ffmpeg", "-nostdin", "-hide_banner", "-i", file, "-map", "0:a", "-af",
               "volumedetect", "-f", "null", "-"});
    tool.finish(std::chrono::seconds(30));
    const std::size_t at = tool.errors().find("max_volume: ");
    INFO(tool.errors());
    REQUIRE(at != std::string::npos);
    return std::stod(tool.errors().substr(at + 12));
}
