using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>A real browser on a page of another origin: it logs in, polls, and gets messages pushed. What it finds it sends back to the page's own server.</summary>
public sealed class BrowserTests(HttpFixture fixture)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Page_OfAnotherOrigin_LogsInPollsAndReceivesPushedMessages()
    {
        var browser = Environment.GetEnvironmentVariable("PATH")!.Split(':').Select(folder => Path.Combine(folder, "chromium")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(browser is null, "There is no chromium; ./test.sh installs it where it may.");
        var (client, topic) = await fixture.NewTopicAsync();
        using var _ = client;
        await client.DoAsync("POST", $"{topic}/messages", """{"partitioning":{"kind":"partition_id","value":"AAAAAA=="},"messages":[{"payload":"Zmlyc3Q="}]}""");

        using var page = new HttpListener();
        var origin = $"http://127.0.0.1:{FreePort()}/";
        page.Prefixes.Add(origin);
        page.Start();
        var serving = ServeAsync(page, Page($"http://{fixture.Server.Http}", topic));
        var profile = Directory.CreateTempSubdirectory("iggy-browser-").FullName;
        using var process = Process.Start(new ProcessStartInfo(browser!,
            ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", $"--user-data-dir={profile}", origin])
        {
            RedirectStandardError = true, RedirectStandardOutput = true,
        })!;
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        try
        {
            var found = await serving.WaitAsync(s_limit, TestContext.Current.CancellationToken);
            Assert.Equal("401 unauthenticated|login 0|polled Zmlyc3Q=|pushed Zmlyc3Q=|sent 201|pushed c2Vjb25k", found);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Directory.Delete(profile, recursive: true);
        }
    }

    // Gives the page to whoever asks, until its script sends what it found.
    private static async Task<string> ServeAsync(HttpListener listener, string page)
    {
        while (true)
        {
            var context = await listener.GetContextAsync();
            if (context.Request.HttpMethod == "POST")
            {
                using var body = new StreamReader(context.Request.InputStream);
                var found = await body.ReadToEndAsync();
                context.Response.Close();
                return found;
            }
            context.Response.ContentType = "text/html";
            context.Response.Close(Encoding.UTF8.GetBytes(page), willBlock: false);
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private static string Page(string api, string topic) => $$$"""
        <script>
        const json = { "Content-Type": "application/json" };
        const found = [];
        (async () => {
          const refused = await fetch("{{{api}}}/streams", { headers: json });
          found.push(refused.status + " " + (await refused.json()).code);
          const login = await (await fetch("{{{api}}}/users/login", { method: "POST", headers: json, body: JSON.stringify({ username: "iggy", password: "iggy" }) })).json();
          found.push("login " + login.user_id);
          const headers = { ...json, Authorization: "Bearer " + login.access_token.token };
          const polled = await (await fetch("{{{api}}}{{{topic}}}/messages?kind=first", { headers })).json();
          found.push("polled " + polled.messages[0].payload);
          const events = (await fetch("{{{api}}}{{{topic}}}/messages/stream?kind=first", { headers })).body.pipeThrough(new TextDecoderStream()).getReader();
          let text = "";
          const next = async () => {
            for (;;) {
              const line = text.match(/data: (.*)\n\n/);
              if (line) { text = text.slice(line.index + line[0].length); return JSON.parse(line[1]).payload; }
              const chunk = await events.read();
              if (chunk.done) return "nothing";
              text += chunk.value;
            }
          };
          found.push("pushed " + await next());
          const waiting = next();
          const sent = await fetch("{{{api}}}{{{topic}}}/messages", { method: "POST", headers, body: JSON.stringify({ partitioning: { kind: "partition_id", value: "AAAAAA==" }, messages: [{ payload: "c2Vjb25k" }] }) });
          found.push("sent " + sent.status);
          found.push("pushed " + await waiting);
        })().catch(e => found.push(String(e))).finally(() => fetch("/", { method: "POST", body: found.join("|") }));
        </script>
        """;
}
