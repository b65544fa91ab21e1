using System.Net.Http.Headers;
using System.Text.Json;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>Reads events one by one.</summary>
internal sealed class EventReader : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private readonly HttpClient _client;
    private readonly StreamReader _lines;

    private EventReader(HttpClient client, Stream body, string? contentType) => (_client, _lines, ContentType) = (client, new StreamReader(body), contentType);

    public string? ContentType { get; }

    public static async Task<EventReader> OpenAsync(ServerProcess server, string token, string path, string? lastEventId = null, string? session = null)
    {
        var client = new HttpClient { BaseAddress = new Uri($"http://{server.Http}") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (lastEventId is not null)
            client.DefaultRequestHeaders.Add("Last-Event-ID", lastEventId);
        if (session is not null)
            client.DefaultRequestHeaders.Add("Iggy-Session", session);
        var response = await client.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {response.StatusCode}");
        return new EventReader(client, await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), response.Content.Headers.ContentType?.ToString());
    }

    /// <summary>The next event that is a message.</summary>
    public async Task<(string Id, string Payload)> NextMessageAsync()
    {
        var (name, data) = await NextAsync();
        Assert.Equal("message", name);
        using var message = JsonDocument.Parse(data);
        var offset = message.RootElement.GetProperty("header").GetProperty("offset").GetRawText();
        return (offset, message.RootElement.GetProperty("payload").GetString()!);
    }

    /// <summary>The id of the last event that had one.</summary>
    public string? LastId { get; private set; }

    /// <summary>The next event; null at the end. Comments are skipped.</summary>
    public async Task<(string? Event, string Data)> NextAsync()
    {
        var (name, data) = ((string?)null, "");
        while (await _lines.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(s_limit) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
                LastId = line[4..];
            else if (line.StartsWith("event: ", StringComparison.Ordinal))
                name = line[7..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
                data = line[6..];
            else if (line.Length == 0 && name is not null)
                return (name, data);
        }
        return (null, "");
    }

    public void Dispose()
    {
        _lines.Dispose();
        _client.Dispose();
    }
}
