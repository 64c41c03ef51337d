namespace Sous.Plugins.Simulators.Lightspeed.Api;

/// <summary>An answer in one of K-Series' error envelopes: 400 has only a sentence, the others say more.</summary>
internal sealed class LightspeedFault(int status, string message) : Exception(message)
{
    public int Status => status;

    public static LightspeedFault Invalid(string message) => new(400, message);

    public static LightspeedFault Of(int status) => new(status, status switch
    {
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    });
}
