using System.Buffers.Binary;
using System.CommandLine;
using System.Text;
using Iggy.Cli.Help;
using Iggy.Cli.Output;
using Iggy.Cli.Values;
using Iggy.Protocol;
using Iggy.Protocol.Vsr;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy options</c>: what <c>--set</c> takes.</summary>
internal static class OptionsCommand
{
    private static readonly Dictionary<string, OptionScope> _scopes = new() { ["topic"] = OptionScope.Topic, ["stream"] = OptionScope.Stream, ["user"] = OptionScope.User };

    public static Command Create(CommandFactory factory)
    {
        var scope = new Argument<string>("SCOPE") { Description = "topic, stream or user." };
        scope.AcceptOnlyFromAmong([.. _scopes.Keys]);
        return factory.Create(
            "options",
            null,
            "Show the options that can be set, with the server's defaults.",
            async (session, cancellationToken) =>
            {
                var options = await session.Client.DescribeOptionsAsync(_scopes[session.Get(scope)], cancellationToken);
                session.Printer.Rows(
                    [.. options.Select(one => new OptionJson(one.Option.Key, HeaderTexts.NameOf(one.Option.Kind), DefaultOf(one.Option), one.Description))],
                    CliJson.Default.IReadOnlyListOptionJson,
                    new("Option", one => one.Name),
                    new("Type", one => one.Kind),
                    new("Default", one => one.Default),
                    new Column<OptionJson>("Description", one => one.Description));
            },
            scope,
            Formats.ListMode()).WithExamples("iggy options topic");
    }

    // All ones are how the protocol says "no limit".
    private static string DefaultOf(WireOption option) => (option.Kind, option.Value.Length) switch
    {
        (UserHeaderKind.Boolean, 1) => option.Value[0] == 0 ? "false" : "true",
        (UserHeaderKind.UInt32, sizeof(uint)) => Texts.Number(BinaryPrimitives.ReadUInt32LittleEndian(option.Value.AsSpan())),
        (UserHeaderKind.UInt64, sizeof(ulong)) => BinaryPrimitives.ReadUInt64LittleEndian(option.Value.AsSpan()) is var value and < ulong.MaxValue ? Texts.Number(value) : "unlimited",
        (UserHeaderKind.Text, _) => Encoding.UTF8.GetString(option.Value.AsSpan()),
        _ => Convert.ToHexString(option.Value.AsSpan()),
    };
}
