#include "support/http_request.hpp"

#include <curl/curl.h>

#include <memory>

namespace libsql::testing {

http_answer ask(const std::string& method, const std::string& url, const std::string& body,
                const std::vector<std::string>& headers) {
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> request(curl_easy_init(),
                                                                      &curl_easy_cleanup);
    curl_slist* list = curl_slist_append(nullptr, "content-type: application/json");
    for (const auto& header : headers) {
        list = curl_slist_append(list, header.c_str());
    }
    const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> owner(list,
                                                                            &curl_slist_free_all);
    http_answer got;
    const auto append = +[](char* data, std::size_t, std::size_t size, void* to) {
        static_cast<std::string*>(to)->append(data, size);
        return size;
    };
    curl_easy_setopt(request.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(request.get(), CURLOPT_CUSTOMREQUEST, method.c_str());
    curl_easy_setopt(request.get(), CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(request.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(request.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(request.get(), CURLOPT_TIMEOUT, 300L);
    curl_easy_setopt(request.get(), CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(request.get(), CURLOPT_WRITEDATA, &got.body);
    if (!body.empty()) {
        curl_easy_setopt(request.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
        curl_easy_setopt(request.get(), CURLOPT_POSTFIELDS, body.c_str());
    }
    if (curl_easy_perform(request.get()) == CURLE_OK) {
        curl_easy_getinfo(request.get(), CURLINFO_RESPONSE_CODE, &got.status);
    }
    return got;
}

}  // namespace libsql::testing
