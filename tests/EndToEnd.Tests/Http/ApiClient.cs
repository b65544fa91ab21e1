using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>Speaks to the API as a script would: texts out, texts in.</summary>
public sealed class ApiClient(System.Net.IPEndPoint server) : IDisposable
{
    private readonly HttpClient _client = new() { BaseAddress = new Uri($"http://{server}") };

    /// <summary>What goes into <c>Authorization: Bearer</c>; null for no such header.</summary>
    public string? Token { get; set; }

    /// <summary>A client that is logged in.</summary>
    public static async Task<ApiClient> LogInAsync(ServerProcess server, string username = ServerProcess.Username, string password = ServerProcess.Password)
    {
        var client = new ApiClient(server.Http);
        var reply = await client.DoAsync("POST", "/users/login", $$"""{"username":"{{username}}","password":"{{password}}"}""");
        client.Token = reply.GetProperty("access_token").GetProperty("token").GetString();
        return client;
    }

    /// <summary>Sends a request and expects a success.</summary>
    /// <returns>The reply; undefined when it has no body.</returns>
    public async Task<JsonElement> DoAsync(string method, string path, string? json = null)
    {
        var answer = await AskAsync(method, path, json);
        Assert.True(answer.Status is >= 200 and < 300, $"{method} {path}: {answer.Status} {answer.Body}");
        return answer.Body.Length == 0 ? default : answer.Json;
    }

    /// <summary>Sends a request.</summary>
    public async Task<ApiAnswer> AskAsync(string method, string path, string? body = null, string? contentType = "application/json", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        if (body is not null && contentType is not null)
            request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        if (Token is not null)
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Token}");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        var all = response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        return new ApiAnswer((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), all);
    }

    /// <summary>Sends a request and expects an error.</summary>
    public async Task RefusedAsync(int status, uint id, string method, string path, string? body = null, string? contentType = "application/json")
    {
        var answer = await AskAsync(method, path, body, contentType);
        Assert.True(answer.Status == status && answer.Body.StartsWith($$"""{"id":{{id}},"code":""", StringComparison.Ordinal), $"{method} {path} {body}: {answer.Status} {answer.Body}");
        Assert.Equal("application/json", answer.Headers["content-type"]);
        Assert.Equal(["id", "code", "reason", "field"], answer.Json.EnumerateObject().Select(property => property.Name));
    }

    public void Dispose() => _client.Dispose();
}

/// <summary>What came back.</summary>
public sealed record ApiAnswer(int Status, string Body, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The body as JSON.</summary>
    public JsonElement Json
    {
        get
        {
            using var document = JsonDocument.Parse(Body);
            return document.RootElement.Clone();
        }
    }
}
