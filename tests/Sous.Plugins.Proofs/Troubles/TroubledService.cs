using Sous.Plugins.Proofs.Kills;
using Sous.Plugins.Simulators.Drive;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Square;
using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Proofs.Troubles;

/// <summary>A small simulated service that can be told to go wrong.</summary>
internal sealed class TroubledService : IAsyncDisposable
{
    public static readonly string[] Drivers = ["square", "toast", "google-drive"];

    private readonly string _api;

    private TroubledService(KilledService service, string api) => (Service, _api) = (service, api);

    /// <summary>What changes there, and what a feed of it has to hold.</summary>
    public KilledService Service { get; }

    public required Action<Chaos> Set { get; init; }

    public required Action<TroubleGate> Watch { get; init; }

    /// <summary>The tokens that it has given count no longer.</summary>
    public required Action RefuseToken { get; init; }

    /// <summary>Registers where its webhooks go; null for nowhere.</summary>
    public Action<Uri?> Tell { get; private init; } = static _ => { };

    /// <summary>With some orders or files of the last days.</summary>
    /// <param name="port">Where it listens: always at the same place, as the host is told once.</param>
    public static async Task<TroubledService> StartAsync(string driver, int port, int seed, int size, TimeProvider clock, CancellationToken cancellationToken)
    {
        switch (driver)
        {
            case "square":
                var square = await SquareSimulator.StartAsync(
                    new SquareSimulatorOptions { Port = port, Seed = seed, Orders = size, Days = 3, CatalogPage = 9, ClientSecret = Secret, WebhookSignatureKey = Secret }, clock, cancellationToken);
                return new TroubledService(new KilledSquare(square), "/v2/")
                {
                    Set = chaos => square.Chaos = chaos,
                    Watch = gate => (square.Asked, square.Answered) = (gate.AskedAsync, gate.AnsweredAsync),
                    RefuseToken = square.ExpireAccessTokens,
                    Tell = address => square.Webhooks.Address = address,
                };
            case "toast":
                var toast = await ToastSimulator.StartAsync(
                    new ToastSimulatorOptions { Port = port, Seed = seed, Orders = size, Days = 3, RateLimits = false, LoginsPerHour = 10_000, ClientSecret = Secret, WebhookSecret = Secret }, clock, cancellationToken);
                return new TroubledService(new KilledToast(toast), "/")
                {
                    Set = chaos => toast.Chaos = chaos,
                    Watch = gate => (toast.Asked, toast.Answered) = (gate.AskedAsync, gate.AnsweredAsync),
                    RefuseToken = toast.ExpireToken,
                    Tell = address => toast.Webhooks.Address = address,
                };
            default:
                var drive = await DriveSimulator.StartAsync(new DriveSimulatorOptions { Port = port, Seed = seed, Recipes = size, ClientSecret = Secret, LoopbackChannels = true }, clock, cancellationToken);
                return new TroubledService(new KilledDrive(drive, files: size / 4), DriveSimulator.ApiPath)
                {
                    Set = chaos => drive.Chaos = chaos,
                    Watch = gate => (drive.Asked, drive.Answered) = (gate.AskedAsync, gate.AnsweredAsync),
                    RefuseToken = drive.ExpireAccessTokens,
                };
        }
    }

    /// <summary>What its clients and webhooks are told by.</summary>
    public const string Secret = "SOUSCANARY-troubled";

    /// <summary>Whether a request is a call of its API, and not of its owner or for a token.</summary>
    public bool IsApi(RecordedRequest request)
        => request.Path.StartsWith(_api, StringComparison.Ordinal) && !request.Path.StartsWith("/authentication/", StringComparison.Ordinal);

    public ValueTask DisposeAsync() => Service.DisposeAsync();
}
