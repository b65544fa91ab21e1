using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>Somebody who signs tokens and shows the public keys on a port of its own.</summary>
internal sealed class ForeignIssuer : IAsyncDisposable
{
    public const string Name = "https://issuer.example/Tenant", Audience = "iggy";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _serving;
    private int _fetches;

    public ForeignIssuer()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>Where the keys are.</summary>
    public string Address => $"http://{_listener.LocalEndpoint}/jwks.json";

    /// <summary>How often somebody asked for them.</summary>
    public int Fetches => Volatile.Read(ref _fetches);

    /// <summary>What is shown.</summary>
    public string Keys { get; set; } = Of([]);

    /// <summary>Shows the public halves of keys by their names.</summary>
    public static string Of(Dictionary<string, AsymmetricAlgorithm> keys) =>
        JsonSerializer.Serialize(new { keys = keys.Select(key => key.Value switch
        {
            RSA rsa => (object)new { kty = "RSA", use = "sig", kid = key.Key, n = Text(rsa.ExportParameters(false).Modulus!), e = Text(rsa.ExportParameters(false).Exponent!) },
            ECDsa curve => new { kty = "EC", use = "sig", kid = key.Key, crv = "P-256", x = Text(curve.ExportParameters(false).Q.X!), y = Text(curve.ExportParameters(false).Q.Y!) },
            _ => throw new NotSupportedException(),
        }) });

    /// <summary>Signs a token. The claims are JSON without its braces.</summary>
    public static string Sign(AsymmetricAlgorithm key, string? id, string claims)
    {
        var algorithm = key is RSA ? "RS256" : "ES256";
        var content = $"{Text(Encoding.UTF8.GetBytes(id is null ? $$"""{"alg":"{{algorithm}}","typ":"JWT"}""" : $$"""{"alg":"{{algorithm}}","typ":"JWT","kid":"{{id}}"}"""))}.{Text(Encoding.UTF8.GetBytes($"{{{claims}}}"))}";
        var signature = key switch
        {
            RSA rsa => rsa.SignData(Encoding.ASCII.GetBytes(content), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            ECDsa curve => curve.SignData(Encoding.ASCII.GetBytes(content), HashAlgorithmName.SHA256),
            _ => throw new NotSupportedException(),
        };
        return $"{content}.{Text(signature)}";
    }

    /// <summary>Claims that are good, but for those given anew.</summary>
    public static string Claims(string issuer = Name, string audience = $"\"{Audience}\"", int secondsLeft = 300) =>
        $$""" "iss":"{{issuer}}","aud":{{audience}},"sub":"app","exp":{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + secondsLeft}} """;

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _serving;
        _listener.Dispose();
        _ended.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var socket = await _listener.AcceptSocketAsync(_ended.Token);
                var request = new byte[4096];
                var length = 0;
                while (!Encoding.ASCII.GetString(request, 0, length).Contains("\r\n\r\n", StringComparison.Ordinal))
                    length += await socket.ReceiveAsync(request.AsMemory(length), _ended.Token) is > 0 and var read ? read : throw new EndOfStreamException();
                Interlocked.Increment(ref _fetches);
                var keys = Keys;
                await socket.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {keys.Length}\r\nConnection: close\r\n\r\n{keys}"), _ended.Token);
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // The test is over.
        }
    }

    private static string Text(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
