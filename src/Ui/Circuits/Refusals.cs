using Iggy.Gateway.Errors;
using Iggy.Grains.Interfaces;
using Iggy.Protocol;

namespace Iggy.Ui.Circuits;

/// <summary>Why something was not done, in words.</summary>
internal static class Refusals
{
    /// <summary>Whether a failure is one that the server foresees: told to the user, and no fault of the console.</summary>
    public static bool IsForeseen(Exception failure) => failure is CommandRefusedException or RefusedException or ConsoleException || Unreachable.Is(failure);

    /// <summary>For people.</summary>
    public static string TextOf(Exception failure) => failure switch
    {
        ConsoleException told => told.Message,
        CommandRefusedException { Error: IggyError.Unauthorized } => "You may not do that.",
        CommandRefusedException refused => TextOf(refused.Error),
        RefusedException { Reason: Refusal.TooManyLogins } => "Too many logins at the moment. Try again in a while.",
        RefusedException refused => TextOf(RefusalTable.ToError(refused.Reason)),
        _ => "The server gave no answer in time: it may have been done or not.",
    };

    /// <summary>The name of a code as a sentence.</summary>
    public static string TextOf(IggyError error)
    {
        var name = ErrorNames.Of(error).Replace('_', ' ');
        return string.Concat(name[..1].ToUpperInvariant(), name.AsSpan(1), ".");
    }
}

/// <summary>Something that the user is told, and that ends what he asked for.</summary>
internal sealed class ConsoleException(string message) : Exception(message);
