using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>The files of a web UI.</summary>
public sealed class WebUiTests
{
    [Fact]
    public async Task Files_AreServedToAnybody_OutsideOfTheApi()
    {
        var folder = Directory.CreateTempSubdirectory("iggy-ui-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "index.html"), "<html>first</html>", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(Path.Combine(folder, "_app"));
        await File.WriteAllTextAsync(Path.Combine(folder, "_app", "start.js"), "let a", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "data.unknown"), "?", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(folder)!, Path.GetFileName(folder) + ".secret"), "hush", TestContext.Current.CancellationToken);
        var settings = HttpFixture.Settings;
        settings["IGGY_HTTP_WEB_UI"] = "true";
        settings["Iggy__Http__WebUiDirectory"] = folder;
        await using (var server = await ServerProcess.StartAsync(settings: settings))
        {
            using var client = new ApiClient(server.Http);
            foreach (var (path, body, type) in new[]
            {
                ("/ui", "<html>first</html>", "text/html"), ("/ui/", "<html>first</html>", "text/html"), ("/ui/index.html", "<html>first</html>", "text/html"),
                ("/ui/streams/1/topics", "<html>first</html>", "text/html"), ("/ui/_app/start.js", "let a", "text/javascript"), ("/ui/data.unknown", "?", "application/octet-stream"),
            })
            {
                var answer = await client.AskAsync("GET", path);
                Assert.Equal((200, body, type), (answer.Status, answer.Body, answer.Headers["content-type"]));
                Assert.DoesNotContain("access-control-allow-origin", answer.Headers.Keys);
                Assert.Equal((200, ""), await client.AskAsync("HEAD", path) is var head ? (head.Status, head.Body) : default);
            }
            foreach (var missing in new[] { "/ui/nothing.js", $"/ui/..%2f{Path.GetFileName(folder)}.secret", $"/ui/_app/..%5c..%5c{Path.GetFileName(folder)}.secret" })
                Assert.NotEqual("hush", (await client.AskAsync("GET", missing)).Body);
            Assert.Equal((404, "Not Found"), await client.AskAsync("GET", "/ui/nothing.js") is var none ? (none.Status, none.Body) : default);
            Assert.Equal((405, "GET, HEAD"), await client.AskAsync("POST", "/ui/index.html", "{}") is var wrong ? (wrong.Status, wrong.Headers["allow"]) : default);
            Assert.StartsWith("# HELP http_requests total count of http_requests.\n# TYPE http_requests counter\nhttp_requests_total 1\n", (await client.AskAsync("GET", "/metrics")).Body, StringComparison.Ordinal);
            await client.RefusedAsync(401, 40, "GET", "/uix"); // not the UI's
            await client.RefusedAsync(401, 40, "GET", "/UI");
        }
        Directory.Delete(folder, recursive: true);
        File.Delete(folder + ".secret");
    }

    [Fact]
    public async Task Files_WithoutTheConsole_AreNotThere()
    {
        var settings = HttpFixture.Settings;
        settings["Iggy__Ui__Enabled"] = "false";
        await using var server = await ServerProcess.StartAsync(settings: settings);
        using var client = await ApiClient.LogInAsync(server);
        await client.RefusedAsync(404, 404, "GET", "/ui/index.html");
        await client.RefusedAsync(404, 404, "GET", "/ui/streams");
    }

    [Fact]
    public async Task Folder_WithoutAPage_IsToldAndStartsAllTheSame()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"iggy-ui-{Guid.NewGuid():N}");
        var settings = HttpFixture.Settings;
        settings["IGGY_HTTP_WEB_UI"] = "true";
        settings["Iggy__Http__WebUiDirectory"] = folder;
        await using (var server = await ServerProcess.StartAsync(settings: settings))
        {
            await server.WaitForOutputAsync($"There is no index.html in {folder}");
            using var client = new ApiClient(server.Http);
            Assert.Equal(404, (await client.AskAsync("GET", "/ui")).Status);
            await File.WriteAllTextAsync(Path.Combine(folder, "index.html"), "<html>later</html>", TestContext.Current.CancellationToken);
            Assert.Equal("<html>later</html>", (await client.AskAsync("GET", "/ui")).Body);
        }
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Folder_ThatCannotBe_IsToldAndStartsAllTheSame()
    {
        var file = Path.GetTempFileName();
        var settings = HttpFixture.Settings;
        settings["IGGY_HTTP_WEB_UI"] = "true";
        settings["Iggy__Http__WebUiDirectory"] = Path.Combine(file, "ui"); // below a file
        await using (var server = await ServerProcess.StartAsync(settings: settings))
        {
            await server.WaitForOutputAsync("is not there and cannot be made");
            using var client = new ApiClient(server.Http);
            Assert.Equal((404, "Not Found"), await client.AskAsync("GET", "/ui/streams") is var answer ? (answer.Status, answer.Body) : default);
        }
        File.Delete(file);
    }
}
