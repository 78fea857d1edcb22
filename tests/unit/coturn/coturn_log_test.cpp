#include "gateway/coturn/coturn_log.h"

#include <catch2/catch.hpp>

using base::log::Level;
using coturn::readCoturnLine;

TEST_CASE("coturn's lines get our levels") {
    struct Row {
        const char* line;
        Level level;
        const char* text;
    };
    for (const Row& row : {
             Row{"0: : Coturn Version Coturn-4.6.1 'Gorst'", Level::Debug,
                 "Coturn Version Coturn-4.6.1 'Gorst'"},
             Row{"12: : ERROR: Cannot create relay server", Level::Error,
                 "Cannot create relay server"},
             Row{"3: : WARNING: option is deprecated", Level::Warning,
                 "WARNING: option is deprecated"},
             Row{"3: : Cannot bind DTLS/UDP listener socket to addr 127.0.0.1:3478", Level::Warning,
                 "Cannot bind DTLS/UDP listener socket to addr 127.0.0.1:3478"},
             Row{"0: : CONFIG WARNING: allow_loopback_peers opens a possible security "
                 "vulnerability. Do not "
                 "use in production!!",
                 Level::Debug, nullptr},
             Row{"bind: Address already in use", Level::Debug, "bind: Address already in use"},
             Row{"", Level::Debug, ""},
             Row{": : ", Level::Debug, ": : "},
         }) {
        INFO(row.line);
        const auto read = readCoturnLine(row.line);
        CHECK(read.level == row.level);
        if (row.text != nullptr) {
            CHECK(read.text == row.text);
        }
    }
}

TEST_CASE("what clients bring about is daily life") {
    for (const char* line : {
             "9: : ERROR: A peer IP 127.0.0.1 denied in the range: 0.0.0.0-255.255.255.255",
             "9: : ERROR: check_stun_auth: Cannot find credentials of user <1:a>",
             "9: : ERROR: check_stun_auth: wrong username: x",
             "9: : session 000000000000000001: closed (2nd stage), user <1:a> realm <r> origin <>, "
             "local "
             "127.0.0.1:1, remote 127.0.0.1:2, reason: allocation timeout",
         }) {
        INFO(line);
        CHECK(readCoturnLine(line).level == Level::Debug);
    }
}

TEST_CASE("user names do not come through, whatever they are") {
    CHECK(readCoturnLine("1: : session 01: closed (2nd stage), user <1795000000:00ff> realm <r> "
                         "origin <>, local "
                         "127.0.0.1:1, remote 127.0.0.1:2, reason: ended")
              .text ==
          "session 01: closed (2nd stage), user <…>, local 127.0.0.1:1, remote 127.0.0.1:2, "
          "reason: ended");
    for (const std::string& line : {
             std::string("1: : ERROR: check_stun_auth: Cannot find credentials of user <S3CRET>"),
             std::string(
                 "1: : ERROR: check_stun_auth: Cannot find credentials of user <a>S3CRET> x>"),
             std::string("1: : ERROR: check_stun_auth: user S3CRET credentials are incorrect"),
             std::string("1: : ERROR: check_stun_auth: wrong username: S3CRET"),
             std::string("1: : session 1: realm <r> user <S3CRET>: incoming packet ALLOCATE "
                         "processed, success"),
         }) {
        INFO(line);
        CHECK(readCoturnLine(line).text.find("S3CRET") == std::string::npos);
    }
}

TEST_CASE("what is no text does not reach the log") {
    const std::string text = readCoturnLine("1: : a\x1b[31m\xff\x80\x01 b").text;
    CHECK(text == "a?[31m??? b");
}
