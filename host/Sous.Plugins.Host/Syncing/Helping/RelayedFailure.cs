using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing.Helping;

/// <summary>A failure on its way from host to host.</summary>
/// <param name="Kind">Of a <see cref="DriverException"/>; null of anything else that befell a call.</param>
/// <param name="IsNoTurn">Whether the budget refused the call, and not the service.</param>
/// <param name="Error">Of an <see cref="HttpRequestException"/>.</param>
internal sealed record RelayedFailure(FailureKind? Kind, string Message, TimeSpan? RetryAfter = null, bool IsSuspect = false, bool IsNoTurn = false, HttpRequestError? Error = null)
{
    public static RelayedFailure Of(Exception failure) => failure is DriverException known
        ? new(known.Kind, known.Message, known.RetryAfter, known.IsSuspect, known.InnerException is TurnRefusedException)
        : new(null, failure.Message, Error: (failure as HttpRequestException)?.HttpRequestError);

    public Exception Make() => Kind is { } kind ? MakeKnown(kind) : new HttpRequestException(Error ?? HttpRequestError.Unknown, Message);

    public DriverException MakeKnown(FailureKind kind) => new(kind, Message, RetryAfter, IsNoTurn ? new TurnRefusedException() : null) { IsSuspect = IsSuspect };
}
