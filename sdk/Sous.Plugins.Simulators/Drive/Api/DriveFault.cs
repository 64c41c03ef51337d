namespace Sous.Plugins.Simulators.Drive.Api;

/// <summary>An answer in Google's error envelope.</summary>
internal sealed class DriveFault(int status, string reason, string message, string? location = null, string locationType = "parameter") : Exception(message)
{
    public int Status => status;

    public string Reason => reason;

    public string? Location => location;

    public string LocationType => locationType;

    public string Domain => Reason is "userRateLimitExceeded" or "rateLimitExceeded" ? "usageLimits" : "global";

    public static DriveFault NotFound(string id) => new(404, "notFound", $"File not found: {id}.", "fileId");

    public static DriveFault Invalid(string parameter, string message = "Invalid Value") => new(400, "invalid", message, parameter);

    public static DriveFault Required(string parameter) => new(400, "required", $"Required parameter: {parameter}", parameter);

    public static DriveFault Of(int status, bool rateLimitIs403) => status switch
    {
        429 when rateLimitIs403 => new DriveFault(403, "userRateLimitExceeded", "User Rate Limit Exceeded"),
        429 => new DriveFault(429, "rateLimitExceeded", "Rate Limit Exceeded"),
        _ => new DriveFault(status, "backendError", "Internal Error"),
    };
}
