#include "libsql/remote/hrana_protobuf.hpp"

#include "libsql/remote/hrana_json.hpp"

#include <utility>

namespace libsql::remote {

namespace {

class protobuf final : public codec {
public:
    [[nodiscard]] std::string_view path() const noexcept override { return "/v3-protobuf"; }

    [[nodiscard]] std::string_view content_type() const noexcept override {
        return "application/x-protobuf";
    }

    [[nodiscard]] result<std::string> write_pipeline(
        std::optional<std::string_view> baton,
        std::span<const hrana::request> requests) const override {
        return write_protobuf_pipeline(baton, requests);
    }

    [[nodiscard]] result<std::string> write_cursor(
        std::optional<std::string_view> baton, const hrana::batch_request& batch) const override {
        return write_protobuf_cursor(baton, batch);
    }

    [[nodiscard]] result<hrana::reply> read_pipeline(
        std::string body, std::span<const hrana::request> requests) const override {
        return read_protobuf_pipeline(std::move(body), requests);
    }

    [[nodiscard]] std::unique_ptr<cursor_reader> read_cursor() const override {
        return read_protobuf_cursor();
    }

    [[nodiscard]] hrana::failure read_refusal(std::string body) const override {
        if (auto why = read_protobuf_failure(body)) {
            return *std::move(why);
        }
        return read_failure(std::move(body));  // the refusal is JSON or text
    }
};

}  // namespace

const codec& protobuf_codec() noexcept {
    static const protobuf one;
    return one;
}

}  // namespace libsql::remote
