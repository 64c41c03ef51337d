namespace Sous.Plugins.Simulators.Toast.Api;

/// <summary>An answer in Toast's error envelope.</summary>
internal sealed class ToastFault(int status, int code, string message) : Exception(message)
{
    public int Status => status;

    public int Code => code;

    public static ToastFault Invalid(string message) => new(400, 10006, message);

    public static ToastFault NotFound(string message) => new(404, 10007, message);

    public static ToastFault Of(int status) => status switch
    {
        401 => new ToastFault(status, 10010, "Full authentication is required to access this resource"),
        403 => new ToastFault(status, 10026, "Not authorized."),
        429 => new ToastFault(status, 10029, "Too many requests."),
        _ => new ToastFault(status, 10000, "An unexpected internal error occurred."),
    };
}
