#pragma once

#include "pipelines/json/reader.h"
#include "pipelines/json/writer.h"

#include <span>
#include <string_view>

/// What both files of messages share.
namespace control {

/// A message to be filled with its members.
inline json::Writer message(std::string_view type) {
    json::Writer writer;
    writer.put("type", type);
    return writer;
}

/// How the messages of one type are read.
template <class Message>
struct MessageType {
    std::string_view name;
    Message (*read)(json::Reader&);
};

/// Fails with Malformed for a line that is no message of these types.
template <class Message>
base::Result<Message> readMessage(std::string_view line,
                                  std::span<const MessageType<Message>> types) {
    auto in = json::Reader::parse(line);
    if (!in) {
        return base::fail(in.error());
    }
    const std::string name = in->text("type");
    for (const MessageType<Message>& type : types) {
        if (type.name == name) {
            Message message = type.read(*in);
            if (in->fault()) {
                return base::fail(in->fault()->within(name));
            }
            return message;
        }
    }
    return base::fail(base::Problem::Malformed, "unknown message type");
}

} // namespace control
