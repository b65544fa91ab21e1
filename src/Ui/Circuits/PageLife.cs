using Microsoft.AspNetCore.Components.Server.Circuits;

namespace Iggy.Ui.Circuits;

/// <summary>Opens and closes the user of a page with it.</summary>
internal sealed class PageLife(ConsoleUser user) : CircuitHandler
{
    public override Task OnCircuitOpenedAsync(Circuit circuit, CancellationToken cancellationToken) => user.OpenAsync();

    public override Task OnCircuitClosedAsync(Circuit circuit, CancellationToken cancellationToken)
    {
        user.Close();
        return Task.CompletedTask;
    }
}
