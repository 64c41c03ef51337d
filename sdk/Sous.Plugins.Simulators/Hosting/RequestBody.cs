namespace Sous.Plugins.Simulators.Hosting;

/// <summary>The request's body, read whole by <see cref="RequestLog"/>; a feature of the request.</summary>
internal sealed record RequestBody(byte[] Bytes)
{
    public static byte[] Of(HttpContext context) => context.Features.Get<RequestBody>()?.Bytes ?? [];
}
