using System.Text.Json;

namespace Iggy.Protocol.Tests;

/// <summary>One line of captured traffic.</summary>
/// <param name="Where">File line, for messages of failing tests.</param>
/// <param name="Sdk">The client that sent or read it.</param>
/// <param name="Code">The command.</param>
/// <param name="Name">Its name in snake case.</param>
/// <param name="Payload">Without the frame head.</param>
/// <param name="Note">What was asked.</param>
internal sealed record Vector(string Where, string Sdk, CommandCode Code, string Name, byte[] Payload, string Note);

/// <summary>The files under Vectors, embedded so that tests need no working directory.</summary>
internal static class Vectors
{
    public static IReadOnlyList<Vector> Requests { get; } = Load("classic-requests.jsonl");

    public static IReadOnlyList<Vector> Replies { get; } = Load("classic-replies.jsonl");

    public static string[] Lines(string file)
    {
        using var stream = typeof(Vectors).Assembly.GetManifestResourceStream(file) ?? throw new FileNotFoundException("Not embedded.", file);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static List<Vector> Load(string file)
    {
        var vectors = new List<Vector>();
        foreach (var line in Lines(file))
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            vectors.Add(new Vector(
                $"{file}:{vectors.Count + 1}",
                root.TryGetProperty("sdk", out var sdk) ? sdk.GetString()! : "",
                (CommandCode)root.GetProperty("code").GetUInt32(),
                root.GetProperty("name").GetString()!,
                Convert.FromHexString(root.GetProperty("payload_hex").GetString()!),
                root.GetProperty("note").GetString()!));
        }
        return vectors;
    }
}
