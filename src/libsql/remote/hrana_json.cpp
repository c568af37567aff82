#include "libsql/remote/hrana_json.hpp"

namespace libsql::remote {

namespace {

class json final : public codec {
public:
    [[nodiscard]] std::string_view path() const noexcept override { return "/v3"; }

    [[nodiscard]] std::string_view content_type() const noexcept override {
        return "application/json";
    }

    [[nodiscard]] result<std::string> write_pipeline(
        std::optional<std::string_view> baton,
        std::span<const hrana::request> requests) const override {
        return write_json_pipeline(baton, requests);
    }

    [[nodiscard]] result<std::string> write_cursor(
        std::optional<std::string_view> baton, const hrana::batch_request& batch) const override {
        return write_json_cursor(baton, batch);
    }

    [[nodiscard]] result<hrana::reply> read_pipeline(
        std::string body, std::span<const hrana::request> requests) const override {
        return read_json_pipeline(std::move(body), requests);
    }

    [[nodiscard]] std::unique_ptr<cursor_reader> read_cursor() const override {
        return read_json_cursor();
    }

    [[nodiscard]] hrana::failure read_refusal(std::string body) const override {
        return read_failure(std::move(body));
    }
};

}  // namespace

const codec& json_codec() noexcept {
    static const json one;
    return one;
}

}  // namespace libsql::remote
