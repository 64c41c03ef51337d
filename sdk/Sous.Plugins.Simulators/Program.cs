using System.Runtime.InteropServices;
using System.Text.Json;
using Sous.Plugins.Simulators.Drive;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Lightspeed;
using Sous.Plugins.Simulators.Square;
using Sous.Plugins.Simulators.Toast;

if (CommandLine.Read(args, out var complaint) is not { } options)
{
    await Console.Error.WriteLineAsync(complaint).ConfigureAwait(false);
    return 2;
}

using var stop = new CancellationTokenSource();
using var onTerm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
var square = await SquareSimulator.StartAsync(options.Square, cancellationToken: stop.Token).ConfigureAwait(false);
await using var endingSquare = square.ConfigureAwait(false);
var drive = await DriveSimulator.StartAsync(options.Drive, cancellationToken: stop.Token).ConfigureAwait(false);
await using var endingDrive = drive.ConfigureAwait(false);
var toast = await ToastSimulator.StartAsync(options.Toast, cancellationToken: stop.Token).ConfigureAwait(false);
await using var endingToast = toast.ConfigureAwait(false);
var lightspeed = await LightspeedSimulator.StartAsync(options.Lightspeed, cancellationToken: stop.Token).ConfigureAwait(false);
await using var endingLightspeed = lightspeed.ConfigureAwait(false);
Console.WriteLine(JsonSerializer.Serialize(new Dictionary<string, object>
{
    ["square"] = Registration(square.Address, options.Square.ClientId, square.ClientSecret, square.WebhookSignatureKey),
    ["google-drive"] = Registration(drive.Address, options.Drive.ClientId, drive.ClientSecret, null),
    ["toast"] = Registration(toast.Address, options.Toast.ClientId, toast.ClientSecret, toast.WebhookSecret),
    ["lightspeed"] = Registration(lightspeed.Address, options.Lightspeed.ClientId, lightspeed.ClientSecret, null),
}));
await ParentProcess.GoneAsync(stop.Token).ConfigureAwait(false);
return 0;

static Dictionary<string, string> Registration(Uri address, string clientId, string clientSecret, string? webhookSecret)
{
    var url = address.GetLeftPart(UriPartial.Authority);
    var registration = new Dictionary<string, string> { ["apiUrl"] = url, ["authUrl"] = url, ["clientId"] = clientId, ["clientSecret"] = clientSecret };
    if (webhookSecret is not null)
    {
        registration["webhookSecret"] = webhookSecret;
    }

    return registration;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
