using System.CommandLine;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy message flush</c>.</summary>
internal static class FlushCommand
{
    public static Command Create(CommandFactory factory)
    {
        var (stream, topic, partition) = (Arguments.Stream(), Arguments.Topic(), Arguments.Partition());
        var fsync = new Option<bool>("--fsync", "-f") { Description = "To the disk, not only to the operating system." };
        return factory.Create(
            "flush",
            "f",
            "Have a partition written out.",
            async (session, cancellationToken) =>
            {
                await session.Client.FlushAsync(session.Id(stream), session.Id(topic), session.Get(partition), session.Get(fsync), cancellationToken);
                session.Printer.Say($"Partition {session.Get(partition)} of topic {session.Get(topic)} of stream {session.Get(stream)} flushed.");
            },
            stream,
            topic,
            partition,
            fsync);
    }
}
