using Iggy.Gateway.Errors;
using Iggy.Protocol;

namespace Iggy.Gateway.Commands;

/// <summary>Names that are given anew, at a creation or a change of name. What has another name already keeps it, and is reached by it or by its number.</summary>
internal static class NewNames
{
    /// <summary>Refuses a name by which nobody could ask for it over HTTP.</summary>
    /// <param name="name">1 to 255 bytes: the decoders see to that.</param>
    /// <param name="present">What it is called now; null for something new.</param>
    /// <param name="refusal">The code for a name of this kind.</param>
    /// <exception cref="CommandRefusedException">The name is refused.</exception>
    public static void Demand(string name, string? present, IggyError refusal)
    {
        if (name != present && !ProtocolLimits.CanStandInAddress(name))
            throw new CommandRefusedException(refusal);
    }
}
