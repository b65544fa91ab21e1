using System.Buffers;
using System.Text;
using Iggy.Client;
using Iggy.Protocol;
using Iggy.Testing;

namespace Iggy.Cli.Tests;

/// <summary>Runs the tool inside the test, against a server that answers by a rule.</summary>
internal sealed class Tool : IDisposable
{
    private readonly ScriptedServer _server = new();
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("iggy-cli-");
    private readonly Dictionary<string, string> _variables = new() { ["IGGY_USERNAME"] = "iggy", ["IGGY_PASSWORD"] = "iggy" };

    /// <summary>What <c>IGGY_HOME</c> is.</summary>
    public string Home => _home.FullName;

    /// <summary>Questions that somebody was asked.</summary>
    public List<string> Questions { get; } = [];

    /// <summary>Where the server listens.</summary>
    public string Address => _server.Address;

    /// <summary>What the tool finds on standard input.</summary>
    public byte[] Input { get; init; } = [];

    /// <summary>What somebody at the terminal answers; null for nobody there.</summary>
    public string? TypedPassword { get; init; }

    /// <summary>Whether the environment says nothing about the server.</summary>
    public bool HidesAddress { get; init; }

    /// <summary>How the tool connects.</summary>
    public Func<IggyClientOptions, CancellationToken, Task<IggyClient>> Connect { get; init; } = IggyClient.ConnectAsync;

    /// <summary>Environment of the tool.</summary>
    public IDictionary<string, string> Variables => _variables;

    /// <summary>Runs one command line.</summary>
    /// <param name="arguments">Separated by spaces; single quotes hold words together.</param>
    /// <param name="reply">The server's answers; logins are accepted without it.</param>
    public async Task<ToolResult> RunAsync(string arguments, Func<uint, byte[], byte[]>? reply = null)
    {
        var requests = new List<(uint Code, byte[] Payload)>();
        var serving = _server.ServeAsync((code, payload) =>
        {
            requests.Add((code, payload));
            return code is 38 or 44 ? ScriptedServer.Ok(ScriptedServer.U32(0)) : reply?.Invoke(code, payload) ?? ScriptedServer.Empty();
        });
        var (output, error) = (new StringWriter(), new StringWriter());
        var surroundings = new Surroundings
        {
            Out = output,
            Error = error,
            Connect = Connect,
            OpenInput = () => new MemoryStream(Input),
            Variable = name => name switch
            {
                "IGGY_TCP_SERVER_ADDRESS" when !HidesAddress => Address,
                "IGGY_HOME" => Home,
                "IGGY_DIALECT" => "classic", // what the scripts are written in
                _ => _variables.GetValueOrDefault(name),
            },
            AskPassword = question =>
            {
                Questions.Add(question);
                return TypedPassword;
            },
        };
        var code = await new IggyCommand(surroundings).InvokeAsync(Split(arguments), TestContext.Current.CancellationToken);
        _server.Dispose();
        await serving;
        return new(code, output.ToString(), error.ToString(), requests);
    }

    /// <summary>The payload of a value.</summary>
    public static byte[] Bytes<T>(T value) where T : IWireValue<T>
    {
        var bytes = new ArrayBufferWriter<byte>();
        value.Write(new WireWriter(bytes));
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>The value of a payload.</summary>
    public static T Read<T>(byte[] payload) where T : IWireValue<T>
    {
        var reader = new WireReader(payload);
        var value = T.Read(ref reader);
        Assert.Equal(IggyError.None, reader.Error);
        return value;
    }

    /// <summary>Nobody listens any more.</summary>
    public void StopServer() => _server.Dispose();

    public void Dispose()
    {
        _server.Dispose();
        _home.Delete(recursive: true);
    }

    private static List<string> Split(string arguments)
    {
        var (words, word, isQuoted, isWord) = (new List<string>(), new StringBuilder(), false, false);
        foreach (var character in arguments)
        {
            if (character == '\'')
                (isQuoted, isWord) = (!isQuoted, true);
            else if (character != ' ' || isQuoted)
                (_, isWord) = (word.Append(character), true);
            else if (isWord)
                (_, isWord) = (Finish(), false);
        }
        if (isWord)
            Finish();
        return words;

        bool Finish()
        {
            words.Add(word.ToString());
            word.Clear();
            return true;
        }
    }
}

/// <summary>What a run of the tool left.</summary>
internal sealed record ToolResult(ExitCode Code, string Out, string Error, List<(uint Code, byte[] Payload)> Requests)
{
    /// <summary>The only request besides the login.</summary>
    public (uint Code, byte[] Payload) Request => Assert.Single(Requests, request => request.Code is not (38 or 44));
}
