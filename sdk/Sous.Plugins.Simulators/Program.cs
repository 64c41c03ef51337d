using System.Runtime.InteropServices;
using System.Text.Json;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Square;

if (CommandLine.Read(args, out var complaint) is not { } options)
{
    await Console.Error.WriteLineAsync(complaint).ConfigureAwait(false);
    return 2;
}

using var stop = new CancellationTokenSource();
using var onTerm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
var square = await SquareSimulator.StartAsync(options, cancellationToken: stop.Token).ConfigureAwait(false);
await using var ending = square.ConfigureAwait(false);
var address = square.Address.GetLeftPart(UriPartial.Authority);
Console.WriteLine(JsonSerializer.Serialize(new
{
    square = new { apiUrl = address, authUrl = address, clientId = options.ClientId, clientSecret = square.ClientSecret, webhookSecret = square.WebhookSignatureKey },
}));
await ParentProcess.GoneAsync(stop.Token).ConfigureAwait(false);
return 0;

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
